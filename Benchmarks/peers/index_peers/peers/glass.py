"""Glass: HNSW walked on 4- or 8-bit codes, float16 rows for the re-rank.

Its file holds the graph alone; codes and rows are made again from the caller's vectors at every load.
"""
from .base import Peer

# The library re-ranks 1.5 k candidates but gives its batch a list of only `ef`: a shorter list leaves ids unset.
EFFORT_FIRST = 16


class _Glass(Peer):
    requirements = ()
    effort_first = EFFORT_FIRST
    load_needs_vectors = True

    def __init__(self, folder, dimension):
        super().__init__(folder, dimension)
        import glass
        self.glass, self.graph, self.searcher = glass, None, None
        glass.set_num_threads(1)

    def build(self, vectors, threads):
        self.glass.set_num_threads(threads)
        parameters = self.parameters
        index = self.glass.Index('HNSW', 'IP', parameters['build_codes'], parameters['R'], parameters['L'])
        self.graph = index.build(vectors)
        self.glass.set_num_threads(1)

    def save(self):
        self.graph.save(self.path('graph'))

    def load(self, vectors=None, spare=0):
        self.searcher = self.glass.Searcher(self.glass.Graph(self.path('graph')), vectors, 'IP',
                                            self.parameters['codes'], self.parameters['refine'])

    def tune(self):
        self.searcher.optimize(1)
        return True

    def set_effort(self, effort):
        self.searcher.set_ef(effort)

    def search_one(self, query, k):
        return self.searcher.search(query, k)

    def ids_of(self, answer):
        return answer[0]

    def search_batch(self, queries, k, threads):
        return self.searcher.batch_search(queries, k, threads)[0]


class GlassSQ4(_Glass):
    name = 'glass-sq4'
    # Building on 8-bit codes is what its manual advises for either form.
    parameters = {'R': 32, 'L': 200, 'build_codes': 'SQ8U', 'codes': 'SQ4U', 'refine': 'FP16'}


class GlassSQ8(_Glass):
    name = 'glass-sq8'
    parameters = {**GlassSQ4.parameters, 'codes': 'SQ8U'}
