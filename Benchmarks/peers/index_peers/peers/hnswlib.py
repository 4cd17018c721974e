"""hnswlib: float32 HNSW, the yardstick."""
import numpy

from .base import Peer


class HNSWLib(Peer):
    name = 'hnswlib'
    requirements = ('hnswlib==0.8.0',)
    parameters = {'M': 16, 'ef_construction': 200, 'random_seed': 100}
    abilities = frozenset({'insert', 'insert beside search', 'replace', 'filter'})

    def __init__(self, folder, dimension):
        super().__init__(folder, dimension)
        import hnswlib
        self.index = hnswlib.Index('ip', dimension)

    def build(self, vectors, threads):
        self.index.init_index(len(vectors), allow_replace_deleted=True, **self.parameters)
        self.index.add_items(vectors, numpy.arange(len(vectors)), num_threads=threads)

    def save(self):
        self.index.save_index(self.path('index'))

    def load(self, vectors=None, spare=0):
        self.index.load_index(self.path('index'), allow_replace_deleted=True)
        if spare > 0:
            self.index.resize_index(self.index.get_current_count() + spare)
        self.index.set_num_threads(1)

    def set_effort(self, effort):
        self.index.set_ef(effort)

    def search_one(self, query, k):
        return self.index.knn_query(query, k, num_threads=1)

    def ids_of(self, answer):
        return answer[0][0]

    def search_batch(self, queries, k, threads):
        return self.index.knn_query(queries, k, num_threads=threads)[0]

    def insert(self, vectors, labels):
        self.index.add_items(vectors, labels, num_threads=1)

    def remove(self, labels):
        for label in labels:
            self.index.mark_deleted(label)

    def reuse(self, vectors, labels):
        """Inserts into the slots that `remove` freed."""
        self.index.add_items(vectors, labels, num_threads=1, replace_deleted=True)

    def search_allowed(self, queries, k, allowed):
        """`allowed` has one byte an id; the library asks Python about each candidate."""
        return self.index.knn_query(queries, k, num_threads=1, filter=lambda label: allowed[label] != 0)[0]
