"""Intel's Scalable Vector Search: Vamana over float16 rows.

Its compressed forms (LVQ, LeanVec) refuse processors of other makers, so this is not its best on Intel's own.
"""
import os

import numpy

from .base import Peer


class SVS(Peer):
    name = 'svs'
    requirements = ('scalable-vs==0.5.0',)
    parameters = {'graph_max_degree': 32, 'window_size': 200, 'alpha': .95}

    def __init__(self, folder, dimension):
        super().__init__(folder, dimension)
        import svs
        self.svs, self.index = svs, None

    def build(self, vectors, threads):
        parameters = self.svs.VamanaBuildParameters(**self.parameters)
        self.index = self.svs.Vamana.build(parameters, vectors.astype(numpy.float16), self.svs.DistanceType.MIP,
                                           num_threads=threads)

    def save(self):
        for part in ('config', 'graph', 'data'):
            os.makedirs(self.path(part))
        self.index.save(self.path('config'), self.path('graph'), self.path('data'))

    def load(self, vectors=None, spare=0):
        rows = self.svs.VectorDataLoader(self.path('data'), self.svs.DataType.float16, dims=self.dimension)
        self.index = self.svs.Vamana(self.path('config'), self.svs.GraphLoader(self.path('graph')), rows,
                                     self.svs.DistanceType.MIP, num_threads=1)

    def set_effort(self, effort):
        self.index.search_window_size = effort

    def search_one(self, query, k):
        return self.index.search(query, k)

    def ids_of(self, answer):
        return answer[0][0]

    def search_batch(self, queries, k, threads):
        if self.index.num_threads != threads:
            self.index.num_threads = threads
        return self.index.search(queries, k)[0]
