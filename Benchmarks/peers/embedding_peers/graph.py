"""The encoder as ONNX graphs, built from the weights: token ids in, unit vectors out.

`plain` uses standard operators only. `fused` uses the operators of onnxruntime that its own optimiser puts in place of
them for BERT: embeddings with their layer norm, attention, bias with GELU, residual with layer norm.
Both take ids and mask (batch, length), pool the mean over the mask and divide by the L2 norm.
"""
import json
import os

import numpy

OPSET = 17
IR_VERSION = 8
# Added to the score of a position that is padding.
MASKED = -10_000.0


class Graph:
    """Collects nodes and weights."""

    def __init__(self, ids_type):
        from onnx import TensorProto, helper, numpy_helper
        self.helper, self.numpy_helper, self.ids_type = helper, numpy_helper, getattr(TensorProto, ids_type)
        self.float = TensorProto.FLOAT
        self.nodes, self.weights, self.constants = [], [], 0

    def node(self, kind, inputs, name, outputs=1, domain='', **attributes):
        """Adds an operator; its first output is called `name`."""
        names = [name, *[f'{name}:{number}' for number in range(1, outputs)]]
        self.nodes.append(self.helper.make_node(kind, inputs, names, name=name, domain=domain, **attributes))
        return name if outputs == 1 else names

    def weight(self, array, name):
        array = array if array.dtype == numpy.int64 else array.astype(numpy.float32)
        self.weights.append(self.numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def constant(self, value, kind=numpy.float32):
        self.constants += 1
        return self.weight(numpy.asarray(value, dtype=kind), f'constant.{self.constants}')

    def model(self, width, inputs=('input_ids', 'attention_mask'), output=None):
        """`output`: name and shape, where it is not the unit vectors."""
        value = self.helper.make_tensor_value_info
        name, shape = output or ('vectors', ['batch', width])
        graph = self.helper.make_graph(
            self.nodes, 'encoder', [value(taken, self.ids_type, ['batch', 'length']) for taken in inputs],
            [value(name, self.float, shape)], self.weights)
        opsets = [self.helper.make_opsetid('', OPSET), self.helper.make_opsetid('com.microsoft', 1)]
        return self.helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


class Weights:
    """The tensors of a BERT encoder by the names that the library `transformers` gives them."""

    def __init__(self, folder):
        from safetensors.numpy import load_file
        with open(os.path.join(folder, 'config.json')) as file:
            self.configuration = json.load(file)
        found = load_file(os.path.join(folder, 'model.safetensors'))
        self.tensors = {name.removeprefix('bert.'): array for name, array in found.items()}
        self.heads = self.configuration['num_attention_heads']
        self.width = self.configuration['hidden_size']
        self.epsilon = self.configuration['layer_norm_eps']

    def __getitem__(self, name):
        return self.tensors[name].astype(numpy.float32)

    def positions(self):
        """Position and segment belong to every token alike: all texts are of segment 0."""
        return self['embeddings.position_embeddings.weight'] + self['embeddings.token_type_embeddings.weight'][0]

    def layers(self):
        return [f'encoder.layer.{number}.' for number in range(self.configuration['num_hidden_layers'])]


def fused(folder):
    weights, graph = Weights(folder), Graph('INT32')
    fuse = lambda *arguments, **attributes: graph.node(*arguments, domain='com.microsoft', **attributes)
    hidden, lengths = fuse(
        'EmbedLayerNormalization',
        ['input_ids', '', graph.weight(weights['embeddings.word_embeddings.weight'], 'words'),
         graph.weight(weights.positions(), 'positions'), '',
         *_norm_weights(graph, weights, 'embeddings.LayerNorm'), 'attention_mask'],
        'embeddings', outputs=2, epsilon=weights.epsilon)
    for layer in weights.layers():
        parts = [layer + f'attention.self.{part}' for part in ('query', 'key', 'value')]
        joined = numpy.concatenate([weights[part + '.weight'] for part in parts]).T
        bias = numpy.concatenate([weights[part + '.bias'] for part in parts])
        attended = fuse('Attention', [hidden, graph.weight(joined, layer + 'qkv.weight'),
                                      graph.weight(bias, layer + 'qkv.bias'), lengths],
                        layer + 'attention', num_heads=weights.heads)
        hidden = _add_norm(graph, fuse, weights, layer + 'attention.output', attended, hidden)
        inner = graph.node('MatMul', [hidden, _matrix(graph, weights, layer + 'intermediate.dense')],
                           layer + 'intermediate')
        inner = fuse('BiasGelu', [inner, _bias(graph, weights, layer + 'intermediate.dense')], layer + 'gelu')
        hidden = _add_norm(graph, fuse, weights, layer + 'output', inner, hidden)
    _pool(graph, hidden)
    return graph.model(weights.width)


def _add_norm(graph, fuse, weights, place, inner, residual):
    product = graph.node('MatMul', [inner, _matrix(graph, weights, place + '.dense')], place + '.product')
    return fuse('SkipLayerNormalization',
                [product, residual, *_norm_weights(graph, weights, place + '.LayerNorm'),
                 _bias(graph, weights, place + '.dense')], place + '.normed', epsilon=weights.epsilon)


def plain(folder, pooled=True):
    """With `pooled` false the result is `last_hidden_state`, and token types are taken though nothing reads them."""
    weights, graph = Weights(folder), Graph('INT64')
    node, size = graph.node, weights.width // weights.heads
    words = node('Gather', [graph.weight(weights['embeddings.word_embeddings.weight'], 'words'), 'input_ids'], 'word')
    length = node('Slice', [node('Shape', ['input_ids'], 'shape'), graph.constant([1], numpy.int64),
                            graph.constant([2], numpy.int64)], 'length')
    places = node('Slice', [graph.weight(weights.positions(), 'positions'), graph.constant([0], numpy.int64), length,
                            graph.constant([0], numpy.int64)], 'place')
    hidden = _norm(graph, weights, 'embeddings.LayerNorm', node('Add', [words, places], 'embedded'))
    mask = node('Cast', ['attention_mask'], 'mask', to=graph.float)
    padding = node('Sub', [graph.constant(1), mask], 'padding')
    masked = node('Unsqueeze', [node('Mul', [padding, graph.constant(MASKED)], 'masked.flat'),
                                graph.constant([1, 2], numpy.int64)], 'masked')
    split = graph.constant([0, 0, weights.heads, size], numpy.int64)
    join = graph.constant([0, 0, weights.width], numpy.int64)
    scale = graph.constant(size ** -0.5)
    for layer in weights.layers():
        heads = {}
        for part, order in (('query', [0, 2, 1, 3]), ('key', [0, 2, 3, 1]), ('value', [0, 2, 1, 3])):
            projected = _linear(graph, weights, layer + f'attention.self.{part}', hidden)
            shaped = node('Reshape', [projected, split], layer + part + '.split')
            heads[part] = node('Transpose', [shaped], layer + part + '.heads', perm=order)
        scores = node('MatMul', [heads['query'], heads['key']], layer + 'scores')
        scores = node('Mul', [scores, scale], layer + 'scaled')
        shares = node('Softmax', [node('Add', [scores, masked], layer + 'allowed')], layer + 'shares', axis=-1)
        context = node('Transpose', [node('MatMul', [shares, heads['value']], layer + 'context')], layer + 'back',
                       perm=[0, 2, 1, 3])
        attended = _linear(graph, weights, layer + 'attention.output.dense',
                           node('Reshape', [context, join], layer + 'joined'))
        hidden = _norm(graph, weights, layer + 'attention.output.LayerNorm',
                       node('Add', [attended, hidden], layer + 'attended'))
        inner = _gelu(graph, layer, _linear(graph, weights, layer + 'intermediate.dense', hidden))
        hidden = _norm(graph, weights, layer + 'output.LayerNorm',
                       node('Add', [_linear(graph, weights, layer + 'output.dense', inner), hidden], layer + 'added'))
    if pooled:
        _pool(graph, hidden)
        return graph.model(weights.width)
    node('Identity', [hidden], 'last_hidden_state')
    return graph.model(weights.width, ('input_ids', 'attention_mask', 'token_type_ids'),
                       ('last_hidden_state', ['batch', 'length', weights.width]))


def _matrix(graph, weights, place):
    return graph.weight(weights[place + '.weight'].T, place + '.weight')


def _bias(graph, weights, place):
    return graph.weight(weights[place + '.bias'], place + '.bias')


def _linear(graph, weights, place, value):
    product = graph.node('MatMul', [value, _matrix(graph, weights, place)], place + '.product')
    return graph.node('Add', [product, _bias(graph, weights, place)], place)


def _norm_weights(graph, weights, place):
    return [graph.weight(weights[f'{place}.{part}'], f'{place}.{part}') for part in ('weight', 'bias')]


def _norm(graph, weights, place, value):
    return graph.node('LayerNormalization', [value, *_norm_weights(graph, weights, place)], place, axis=-1,
                      epsilon=weights.epsilon)


def _gelu(graph, layer, value):
    curve = graph.node('Erf', [graph.node('Div', [value, graph.constant(2 ** 0.5)], layer + 'gelu.in')],
                       layer + 'gelu.erf')
    raised = graph.node('Mul', [value, graph.node('Add', [curve, graph.constant(1)], layer + 'gelu.one')],
                        layer + 'gelu.product')
    return graph.node('Mul', [raised, graph.constant(0.5)], layer + 'gelu')


def _pool(graph, hidden):
    """The mean over all tokens of the text, unit-length. Divided by the norm, a sum is as good as a mean."""
    node = graph.node
    mask = node('Cast', ['attention_mask'], 'pool.mask', to=graph.float)
    rows = node('Unsqueeze', [mask, graph.constant([2], numpy.int64)], 'pool.rows')
    kept = node('Mul', [hidden, rows], 'pool.kept')
    total = node('ReduceSum', [kept, graph.constant([1], numpy.int64)], 'pool.sum', keepdims=0)
    norm = node('ReduceL2', [total], 'pool.norm', axes=[1], keepdims=1)
    node('Div', [total, norm], 'vectors')
