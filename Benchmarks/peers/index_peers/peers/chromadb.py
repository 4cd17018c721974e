"""Chroma, embedded and persistent, end to end through its collection: what our vector store replaces."""
from .base import Peer

COLLECTION = 'vectors'


class Chroma(Peer):
    name = 'chromadb'
    requirements = ('chromadb==1.5.9',)
    parameters = {'max_neighbors': 16, 'ef_construction': 200, 'batch_rows': 5_000}
    # Each change of ef reopens the collection, so the steps are wider.
    effort_step = 1.3
    build_has_threads = False
    batch_has_threads = False

    def __init__(self, folder, dimension):
        super().__init__(folder, dimension)
        import chromadb
        self.chromadb, self.client, self.collection = chromadb, None, None
        self.warm = [[1.0] + [0.0] * (dimension - 1)]

    def build(self, vectors, threads):
        self.connect()
        hnsw = {'space': 'ip', 'ef_construction': self.parameters['ef_construction'],
                'max_neighbors': self.parameters['max_neighbors']}
        self.collection = self.client.create_collection(COLLECTION, configuration={'hnsw': hnsw},
                                                        embedding_function=None)
        rows = min(self.parameters['batch_rows'], self.client.get_max_batch_size())
        for start in range(0, len(vectors), rows):
            block = vectors[start:start + rows]
            self.collection.add(ids=[str(start + row) for row in range(len(block))], embeddings=block)

    def save(self):
        """Every `add` was durable already."""
        self.disconnect()

    def load(self, vectors=None, spare=0):
        self.connect()
        self.collection = self.client.get_collection(COLLECTION, embedding_function=None)
        self.collection.query(query_embeddings=self.warm, n_results=1, include=[])

    def set_effort(self, effort):
        """A changed ef_search holds only for a collection opened afterwards."""
        self.collection.modify(configuration={'hnsw': {'ef_search': effort}})
        self.disconnect()
        self.load()

    def singles(self, queries):
        return [query[None, :] for query in queries]

    def search_one(self, query, k):
        return self.collection.query(query_embeddings=query, n_results=k, include=[])

    def ids_of(self, answer):
        return [int(found) for found in answer['ids'][0]]

    def search_batch(self, queries, k, threads):
        # Strings become numbers after the clock has stopped, as for single queries.
        return self.collection.query(query_embeddings=queries, n_results=k, include=[])['ids']

    def connect(self):
        settings = self.chromadb.config.Settings(anonymized_telemetry=False)
        self.client = self.chromadb.PersistentClient(self.folder, settings=settings)

    def disconnect(self):
        from chromadb.api.shared_system_client import SharedSystemClient
        self.client, self.collection = None, None
        SharedSystemClient.clear_system_cache()
