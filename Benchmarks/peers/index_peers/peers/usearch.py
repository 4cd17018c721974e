"""USearch: HNSW over bfloat16 rows."""
import numpy

from .base import Peer


class USearch(Peer):
    name = 'usearch'
    requirements = ('usearch==2.26.6',)
    parameters = {'dtype': 'bf16', 'connectivity': 16, 'expansion_add': 200}
    abilities = frozenset({'insert', 'insert beside search'})

    def __init__(self, folder, dimension):
        super().__init__(folder, dimension)
        from usearch.index import Index
        self.Index, self.index = Index, None

    def build(self, vectors, threads):
        self.index = self.Index(ndim=self.dimension, metric='ip', **self.parameters)
        self.index.add(numpy.arange(len(vectors)), vectors, threads=threads)

    def save(self):
        self.index.save(self.path('index'))

    def load(self, vectors=None, spare=0):
        self.index = self.Index.restore(self.path('index'))
        self.index.expansion_add = self.parameters['expansion_add']

    def set_effort(self, effort):
        self.index.expansion_search = effort

    def search_one(self, query, k):
        return self.index.search(query, k, threads=1)

    def ids_of(self, answer):
        return answer.keys

    def search_batch(self, queries, k, threads):
        return self.index.search(queries, k, threads=threads).keys

    def insert(self, vectors, labels):
        if vectors.ndim == 1:
            labels = int(labels[0])
        self.index.add(labels, vectors, threads=1)
