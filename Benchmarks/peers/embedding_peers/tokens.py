"""Hugging Face's tokenizer as the model is meant to be used, and batches of texts of like length."""
import os

import numpy

WINDOW = 256


class Tokenizer:
    """Ids of texts, cut to the model's window. The file itself would cut to 128 tokens and pad everything to 128."""

    def __init__(self, folder):
        from tokenizers import Tokenizer
        self.tokenizer = Tokenizer.from_file(os.path.join(folder, 'tokenizer.json'))
        self.tokenizer.enable_truncation(WINDOW)
        self.tokenizer.no_padding()

    def one(self, text):
        return self.tokenizer.encode(text).ids

    def many(self, texts):
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]


def batches(lengths, size):
    """Positions of the texts in batches of `size`, longest first: the padding is small, the last piece of work too."""
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    return [order[start:start + size] for start in range(0, len(order), size)]


def padded(ids, kind):
    """(ids, mask) of shape (batch, longest)."""
    longest = max(map(len, ids))
    rows, mask = numpy.zeros((2, len(ids), longest), dtype=kind)
    for number, row in enumerate(ids):
        rows[number, :len(row)] = row
        mask[number, :len(row)] = 1
    return rows, mask
