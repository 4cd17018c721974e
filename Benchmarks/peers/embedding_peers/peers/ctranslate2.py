"""CTranslate2: float32 and int8. It skips the padding inside a batch itself; pooling is ours."""
import os

import numpy

from .base import TOKENIZERS, TokenPeer, mean


class CTranslate2(TokenPeer):
    requirements = ('ctranslate2==4.8.5', 'transformers==5.24.0', 'torch==2.13.0', TOKENIZERS)
    precision = 'float32'

    @classmethod
    def prepare(cls, model, folder, calibration):
        from ctranslate2.converters import TransformersConverter
        TransformersConverter(model).convert(os.path.join(folder, 'model'), quantization=cls.precision, force=True)

    def load(self):
        import ctranslate2
        self.encoder = ctranslate2.Encoder(os.path.join(self.folder, 'model'), device='cpu',
                                           compute_type=self.precision, inter_threads=self.workers,
                                           intra_threads=self.intra)

    def run(self, ids):
        hidden = numpy.asarray(self.encoder.forward_batch(ids).last_hidden_state)
        return mean(hidden, ids)


class CTranslate2Float32(CTranslate2):
    name = 'ctranslate2-float32'
    float32 = True


class CTranslate2Int8(CTranslate2):
    name = 'ctranslate2-int8'
    precision = 'int8'
