"""onnxruntime: the graph fused as its optimiser fuses BERT; float32, and int8 by dynamic quantisation per channel."""
import os

import numpy

from ..tokens import padded
from .base import TOKENIZERS, TokenPeer

FLOAT32 = 'float32.onnx'


class ONNXRuntime(TokenPeer):
    file = FLOAT32
    requirements = ('onnxruntime==1.32.0', 'onnx==1.23.2', 'safetensors==0.8.0', TOKENIZERS)

    @classmethod
    def prepare(cls, model, folder, calibration):
        import onnx
        from .. import graph
        onnx.save(graph.fused(model), os.path.join(folder, FLOAT32))

    def load(self):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.intra
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(os.path.join(self.folder, self.file), options,
                                                    providers=['CPUExecutionProvider'])

    def run(self, ids):
        rows, mask = padded(ids, numpy.int32)
        return self.session.run(None, {'input_ids': rows, 'attention_mask': mask})[0]


class ONNXRuntimeFloat32(ONNXRuntime):
    name = 'ort-float32'
    float32 = True


class ONNXRuntimeInt8(ONNXRuntime):
    name = 'ort-int8'
    file = 'int8.onnx'

    @classmethod
    def prepare(cls, model, folder, calibration):
        from onnx import TensorProto
        from onnxruntime.quantization import QuantType, quantize_dynamic
        super().prepare(model, folder, calibration)
        source = os.path.join(folder, FLOAT32)
        # The types behind onnxruntime's own operators are not inferred.
        quantize_dynamic(source, os.path.join(folder, cls.file), per_channel=True, weight_type=QuantType.QInt8,
                         extra_options={'DefaultTensorType': TensorProto.FLOAT})
        os.remove(source)
