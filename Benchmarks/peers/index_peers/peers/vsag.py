"""VSAG: HGraph walked on uniform 8-bit codes, float32 rows for the re-rank. Its Python package has no batch."""
import json

import numpy

from .base import Peer


class VSAG(Peer):
    name = 'vsag'
    requirements = ('pyvsag==0.18.5',)
    parameters = {'base_quantization_type': 'sq8_uniform', 'use_reorder': True, 'precise_quantization_type': 'fp32',
                  'max_degree': 32, 'ef_construction': 200}
    has_batch = False

    def __init__(self, folder, dimension):
        super().__init__(folder, dimension)
        import pyvsag
        pyvsag.set_logger_off()
        self.pyvsag, self.index, self.search_parameters = pyvsag, None, ''

    def build(self, vectors, threads):
        self.index = self.make(threads)
        self.index.build(vectors=vectors.reshape(-1), ids=numpy.arange(len(vectors), dtype=numpy.int64),
                         num_elements=len(vectors), dim=self.dimension)

    def make(self, threads):
        return self.pyvsag.Index('hgraph', json.dumps({
            'dtype': 'float32', 'metric_type': 'ip', 'dim': self.dimension,
            'index_param': {**self.parameters, 'build_thread_count': threads}}))

    def save(self):
        self.index.save(self.path('index'))

    def load(self, vectors=None, spare=0):
        self.index = self.make(1)
        self.index.load(self.path('index'))

    def set_effort(self, effort):
        self.search_parameters = json.dumps({'hgraph': {'ef_search': effort}})

    def search_one(self, query, k):
        return self.index.knn_search(query, k, self.search_parameters)

    def ids_of(self, answer):
        return answer[0]
