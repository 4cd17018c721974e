"""Hugging Face's tokenizers alone."""
from ..tokens import Tokenizer
from .base import TOKENIZERS, Peer


class Tokenizers(Peer):
    name = 'tokenizers'
    requirements = (TOKENIZERS,)

    def __init__(self, model, folder, intra, workers):
        super().__init__(model, folder, intra, workers)
        self.tokenizer = Tokenizer(model)

    def encode_one(self, text):
        return self.tokenizer.one(text)
