"""sentence-transformers on torch: what most people run. Two workers are two copies in two threads."""
import concurrent.futures

import numpy

from .base import DIMENSION, TOKENIZERS, Peer


class SentenceTransformers(Peer):
    requirements = ('sentence-transformers==6.2.0', 'torch==2.13.0', 'transformers==5.24.0', TOKENIZERS)
    precision = 'float32'
    batch_sizes = (4, 8, 16, 32, 64)

    def __init__(self, model, folder, intra, workers):
        super().__init__(model, folder, intra, workers)
        import torch
        from sentence_transformers import SentenceTransformer
        self.torch = torch
        torch.set_num_threads(intra)
        self.copies = [SentenceTransformer(model, device='cpu', local_files_only=True,
                                           model_kwargs={'dtype': getattr(torch, self.precision)})
                       for _ in range(workers)]
        # A setting of OpenMP belongs to the thread that makes it.
        self.pool = concurrent.futures.ThreadPoolExecutor(
            workers, initializer=lambda: torch.set_num_threads(intra)) if workers > 1 else None

    def encode_one(self, text):
        return self._encode(self.copies[0], [text], 1)[0]

    def encode_many(self, texts, batch_size):
        if self.pool is None:
            return self._encode(self.copies[0], texts, batch_size)
        # Neighbours in length go to different workers.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        vectors = numpy.empty((len(texts), DIMENSION), dtype=numpy.float32)

        def encode(number):
            places = order[number::self.workers]
            if places:
                vectors[places] = self._encode(self.copies[number], [texts[place] for place in places], batch_size)

        for _ in self.pool.map(encode, range(self.workers)):
            pass
        return vectors

    def _encode(self, copy, texts, batch_size):
        found = copy.encode(texts, batch_size=batch_size, normalize_embeddings=True, convert_to_numpy=True,
                            show_progress_bar=False)
        return found.astype(numpy.float32, copy=False)


class SentenceTransformersFloat32(SentenceTransformers):
    name = 'st-float32'
    float32 = True


class SentenceTransformersBFloat16(SentenceTransformers):
    name = 'st-bfloat16'
    precision = 'bfloat16'
