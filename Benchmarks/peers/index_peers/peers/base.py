"""What the harness asks of a peer."""
import os


class Peer:
    """An index of one library with fixed parameters. Ids are row numbers, vectors unit-length, larger dots nearer.

    Used in one of two ways: `build` then `save`, or `load` then searches. Only `load` promises a searchable index.
    """

    name = ''
    requirements = ()
    # All that decides the graph and its codes; part of the key of a saved index.
    parameters = {}

    # Steps of the ladder of efforts (ef, window).
    effort_first, effort_step = 10, 1.15

    build_has_threads = True
    # Whether a batch runs in the library's own loop, and whether that loop takes a number of threads.
    has_batch = True
    batch_has_threads = True
    # Whether `load` needs the caller's vectors beside the file.
    load_needs_vectors = False
    # Of: insert, insert beside search, replace, filter.
    abilities = frozenset()

    def __init__(self, folder, dimension):
        self.folder, self.dimension = folder, dimension

    def path(self, name):
        return os.path.join(self.folder, name)

    def build(self, vectors, threads):
        raise NotImplementedError

    def save(self):
        """Writes the index into `folder`."""
        raise NotImplementedError

    def load(self, vectors=None, spare=0):
        """Opens what `save` wrote; `spare` slots are wanted for later inserts."""
        raise NotImplementedError

    def tune(self):
        """Run-time tuning that the library offers, after `load`; returns whether there is any."""
        return False

    def set_effort(self, effort):
        raise NotImplementedError

    def singles(self, queries):
        """The queries as a list, each in the shape that the library takes with the least work."""
        return [query for query in queries]

    def search_one(self, query, k):
        """One query through Python, as the library answers; `ids_of` reads the answer."""
        raise NotImplementedError

    def ids_of(self, answer):
        return answer

    def search_batch(self, queries, k, threads):
        """Ids, (queries, k), from one call."""
        raise NotImplementedError
