"""What the harness asks of a peer."""
import concurrent.futures

import numpy

from ..tokens import Tokenizer, batches, padded

TOKENIZERS = 'tokenizers==0.23.3'
DIMENSION = 384


class Peer:
    """An encoder of one library in one precision, loaded for `workers` callers of `intra` threads each."""

    name = ''
    # The first is the library whose version the table shows.
    requirements = ()
    float32 = False
    batch_sizes = (4, 8, 16, 32)
    # Whether each new shape of a batch costs time, so that a whole pass is needed to warm up.
    compiles_shapes = False

    @classmethod
    def prepare(cls, model, folder, calibration):
        """Writes the model in the library's form into `folder`. `calibration` gives sample texts."""

    def __init__(self, model, folder, intra, workers):
        self.model, self.folder, self.intra, self.workers = model, folder, intra, workers

    def encode_one(self, text):
        """The unit vector of one text."""
        raise NotImplementedError

    def encode_many(self, texts, batch_size):
        """Unit vectors, (texts, dimension)."""
        raise NotImplementedError


class TokenPeer(Peer):
    """A peer that takes token ids; tokenisation and batches are ours."""

    def __init__(self, model, folder, intra, workers):
        super().__init__(model, folder, intra, workers)
        self.tokenizer = Tokenizer(model)
        self.load()
        self.pool = concurrent.futures.ThreadPoolExecutor(workers) if workers > 1 else None

    def load(self):
        raise NotImplementedError

    def run(self, ids):
        """Unit vectors of a batch of lists of ids; called by several threads at once if there are several workers."""
        raise NotImplementedError

    def encode_one(self, text):
        return self.run([self.tokenizer.one(text)])[0]

    def encode_many(self, texts, batch_size):
        ids = self.tokenizer.many(texts)
        vectors = numpy.empty((len(texts), DIMENSION), dtype=numpy.float32)

        def encode(places):
            vectors[places] = self.run([ids[place] for place in places])

        work = batches([len(row) for row in ids], batch_size)
        for _ in (self.pool.map if self.pool else map)(encode, work):
            pass
        return vectors


def mean(hidden, ids):
    """Unit-length means of (batch, length, dimension) over the tokens of each text."""
    _, mask = padded(ids, numpy.float32)
    sums = numpy.einsum('btd,bt->bd', hidden, mask)
    return sums / numpy.linalg.norm(sums, axis=1, keepdims=True)
