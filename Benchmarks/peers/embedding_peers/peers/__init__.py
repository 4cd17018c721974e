"""One class a peer. The packages themselves are imported only when a peer is made, inside its own process."""
from .ctranslate2 import CTranslate2Float32, CTranslate2Int8
from .onnxruntime import ONNXRuntimeFloat32, ONNXRuntimeInt8
from .openvino import OpenVINOBFloat16, OpenVINOFloat32, OpenVINOInt8, OpenVINOInt8BFloat16
from .sentence_transformers import SentenceTransformersBFloat16, SentenceTransformersFloat32
from .tokenizers import Tokenizers

ALL = {peer.name: peer for peer in (
    SentenceTransformersFloat32, SentenceTransformersBFloat16, ONNXRuntimeFloat32, ONNXRuntimeInt8, OpenVINOFloat32,
    OpenVINOBFloat16, OpenVINOInt8, OpenVINOInt8BFloat16, CTranslate2Float32, CTranslate2Int8, Tokenizers)}
