"""FAISS: HNSW over float32 rows, and over 8-bit codes without re-rank."""
import numpy

from .base import Peer


class _FaissHNSW(Peer):
    requirements = ('faiss-cpu==1.15.1',)
    abilities = frozenset({'insert', 'filter'})

    def __init__(self, folder, dimension):
        super().__init__(folder, dimension)
        import faiss
        self.faiss, self.index = faiss, None
        faiss.omp_set_num_threads(1)

    def build(self, vectors, threads):
        self.faiss.omp_set_num_threads(threads)
        self.index = self.make()
        self.index.hnsw.efConstruction = self.parameters['ef_construction']
        self.index.train(vectors)
        self.index.add(vectors)
        self.faiss.omp_set_num_threads(1)

    def save(self):
        self.faiss.write_index(self.index, self.path('index'))

    def load(self, vectors=None, spare=0):
        self.index = self.faiss.read_index(self.path('index'))

    def set_effort(self, effort):
        self.index.hnsw.efSearch = effort

    def singles(self, queries):
        return [query[None, :] for query in queries]

    def search_one(self, query, k):
        return self.index.search(query, k)

    def ids_of(self, answer):
        return answer[1][0]

    def search_batch(self, queries, k, threads):
        self.faiss.omp_set_num_threads(threads)
        return self.index.search(queries, k)[1]

    def insert(self, vectors, labels):
        self.index.add(numpy.atleast_2d(vectors))

    def search_allowed(self, queries, k, allowed):
        bits = numpy.packbits(numpy.frombuffer(allowed, dtype=numpy.uint8), bitorder='little')
        selector = self.faiss.IDSelectorBitmap(bits)
        search = self.faiss.SearchParametersHNSW(sel=selector, efSearch=self.index.hnsw.efSearch)
        return self.index.search(queries, k, params=search)[1]


class FaissFlat(_FaissHNSW):
    name = 'faiss-flat'
    parameters = {'kind': 'HNSWFlat', 'M': 16, 'ef_construction': 200}

    def make(self):
        return self.faiss.IndexHNSWFlat(self.dimension, self.parameters['M'], self.faiss.METRIC_INNER_PRODUCT)


class FaissSQ8(_FaissHNSW):
    name = 'faiss-sq8'
    parameters = {'kind': 'HNSWSQ 8 bit', 'M': 16, 'ef_construction': 200}

    def make(self):
        return self.faiss.IndexHNSWSQ(self.dimension, self.faiss.ScalarQuantizer.QT_8bit, self.parameters['M'],
                                      self.faiss.METRIC_INNER_PRODUCT)
