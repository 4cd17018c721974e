/// Tensors by their paths in the original model.
struct TensorNames {
    let weights: WeightsFile
    let prefix: String

    init(weights: WeightsFile) {
        self.weights = weights
        prefix = weights.tensors["bert.embeddings.word_embeddings.weight"] == nil ? "" : "bert."
    }

    /// Where the tensors of a layer are, after the prefix.
    static func layer(_ index: Int) -> String { "encoder.layer.\(index)" }

    func tensor(_ name: String, _ shape: [Int]) throws(EmbeddingError) -> WeightTensor {
        try weights.floats(prefix + name, shape: shape)
    }

    func weightAndBias(
        _ path: String, _ inputSize: Int, _ outputSize: Int
    ) throws(EmbeddingError) -> (weight: WeightTensor, bias: WeightTensor) {
        (try tensor("\(path).weight", [outputSize, inputSize]), try tensor("\(path).bias", [outputSize]))
    }

    func norm(_ path: String, _ configuration: BERTConfiguration) throws(EmbeddingError) -> LayerNorm {
        LayerNorm(
            gamma: try tensor("\(path).weight", [configuration.hiddenSize]),
            beta: try tensor("\(path).bias", [configuration.hiddenSize]),
            epsilon: configuration.layerNormEpsilon, size: configuration.hiddenSize)
    }

    /// Weights of more layers than the configuration names would load silently and give wrong vectors.
    func checkLayerCount(_ count: Int) throws(EmbeddingError) {
        let start = prefix + "encoder.layer."
        for name in weights.tensors.keys.sorted() where name.hasPrefix(start) {
            let number = name.dropFirst(start.count).prefix { $0 != "." }
            guard let layer = Int(number), (0..<count).contains(layer) else {
                throw .tensorMismatch(
                    name: name, expected: "of one of \(count) layers (num_hidden_layers)", found: "of layer \(number)",
                    path: weights.path)
            }
        }
    }
}
