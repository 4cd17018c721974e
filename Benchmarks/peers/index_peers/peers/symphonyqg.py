"""SymphonyQG of the RaBitQ library: 1-bit codes of the neighbours beside the links, exact rows for the re-rank."""
from .base import Peer


class SymphonyQG(Peer):
    name = 'symphonyqg'
    requirements = ('rabitqlib==0.7.1',)
    # quantization_bits 0 keeps raw float32 rows for the re-rank; "pipnn" is its fast builder.
    parameters = {'max_degree': 32, 'ef_construction': 200, 'quantization_bits': 0, 'init': 'pipnn'}

    def __init__(self, folder, dimension):
        super().__init__(folder, dimension)
        from rabitqlib import SymqgIndex
        self.SymqgIndex, self.index, self.effort = SymqgIndex, None, self.effort_first

    def build(self, vectors, threads):
        self.index = self.SymqgIndex(self.dimension, self.parameters['max_degree'], 'ip',
                                     self.parameters['quantization_bits'])
        self.index.build(vectors, self.parameters['ef_construction'], threads, self.parameters['init'])

    def save(self):
        self.index.save(self.path('index'))

    def load(self, vectors=None, spare=0):
        self.index = self.SymqgIndex.load(self.path('index'))

    def set_effort(self, effort):
        self.effort = effort

    def singles(self, queries):
        return [query[None, :] for query in queries]

    def search_one(self, query, k):
        return self.index.search(query, k, self.effort, 1)

    def ids_of(self, answer):
        return answer[0][0]

    def search_batch(self, queries, k, threads):
        return self.index.search_batch(queries, k, self.effort, threads)[0]


class SymphonyQG8Bit(SymphonyQG):
    name = 'symphonyqg-8bit'
    parameters = {**SymphonyQG.parameters, 'quantization_bits': 8}
