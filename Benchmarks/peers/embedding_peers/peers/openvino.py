"""OpenVINO: float32, bfloat16, int8 by NNCF's post-training quantisation, and int8 with bfloat16 between.

Quantisation uses NNCF's settings for transformers: SmoothQuant and fast bias correction. Pooling stays float32.
"""
import os
import threading

import numpy

from ..tokens import Tokenizer, padded
from .base import TOKENIZERS, TokenPeer

ONNX, IR = 'plain.onnx', 'model.xml'


class OpenVINO(TokenPeer):
    requirements = ('openvino==2026.4.1', 'onnx==1.23.2', 'safetensors==0.8.0', TOKENIZERS)
    precision = 'f32'
    compiles_shapes = True

    @classmethod
    def prepare(cls, model, folder, calibration):
        import onnx
        import openvino
        from .. import graph
        source = os.path.join(folder, ONNX)
        onnx.save(graph.plain(model), source)
        converted = cls.convert(openvino.convert_model(source), model, calibration)
        openvino.save_model(converted, os.path.join(folder, IR), compress_to_fp16=False)
        os.remove(source)

    @classmethod
    def convert(cls, converted, model, calibration):
        return converted

    def load(self):
        import openvino
        core = openvino.Core()
        self.compiled = core.compile_model(os.path.join(self.folder, IR), 'CPU', {
            'INFERENCE_PRECISION_HINT': self.precision, 'INFERENCE_NUM_THREADS': self.intra * self.workers,
            'NUM_STREAMS': self.workers, 'ENABLE_CPU_PINNING': False})
        self.requests = threading.local()

    def run(self, ids):
        if not hasattr(self.requests, 'own'):
            self.requests.own = self.compiled.create_infer_request()
        rows, mask = padded(ids, numpy.int64)
        found = self.requests.own.infer({'input_ids': rows, 'attention_mask': mask}, share_inputs=True)
        return numpy.array(found[0])


class OpenVINOFloat32(OpenVINO):
    name = 'openvino-float32'
    float32 = True


class OpenVINOBFloat16(OpenVINO):
    name = 'openvino-bfloat16'
    precision = 'bf16'


class OpenVINOInt8(OpenVINO):
    name = 'openvino-int8'
    requirements = (*OpenVINO.requirements, 'nncf==3.4.0')

    @classmethod
    def convert(cls, converted, model, calibration):
        import nncf
        tokenizer = Tokenizer(model)

        def inputs(text):
            rows, mask = padded([tokenizer.one(text)], numpy.int64)
            return {'input_ids': rows, 'attention_mask': mask}

        return nncf.quantize(converted, nncf.Dataset(calibration, inputs), model_type=nncf.ModelType.TRANSFORMER,
                             subset_size=len(calibration),
                             ignored_scope=nncf.IgnoredScope(patterns=['pool.*', 'vectors'], validate=False))


class OpenVINOInt8BFloat16(OpenVINOInt8):
    name = 'openvino-int8-bfloat16'
    precision = 'bf16'
