import Kernels

/// A BERT encoder (Devlin et al. 2018, arXiv:1810.04805) in float32. Immutable: any number of threads may run it, each
/// with activations of its own.
struct BERTModel: Sendable {
    let configuration: BERTConfiguration
    let weights: WeightsFile
    private let wordEmbeddings: WeightTensor  // (V, C)
    private let positionEmbeddings: WeightTensor  // (positions, C)
    private let typeEmbeddings: WeightTensor  // (types, C)
    private let embeddingNorm: LayerNorm
    private let layers: [Layer]

    private struct Layer: Sendable {
        let attention: SelfAttention
        let feedForward: FeedForward
    }

    /// Finds every tensor and checks its shape; the large ones stay mapped. Tensor names may carry the prefix `bert.`.
    init(
        configuration: BERTConfiguration, weights: WeightsFile, precision: EmbeddingPrecision
    ) throws(EmbeddingError) {
        self.configuration = configuration
        self.weights = weights
        let names = TensorNames(weights: weights)
        try names.checkLayerCount(configuration.layerCount)
        let size = configuration.hiddenSize
        let positions = configuration.maximumPositions
        wordEmbeddings = try names.tensor("embeddings.word_embeddings.weight", [configuration.vocabularySize, size])
        positionEmbeddings = try names.tensor("embeddings.position_embeddings.weight", [positions, size])
        typeEmbeddings = try names.tensor("embeddings.token_type_embeddings.weight", [configuration.typeCount, size])
        embeddingNorm = try names.norm("embeddings.LayerNorm", configuration)
        var layers: [Layer] = []
        for index in 0..<configuration.layerCount {
            layers.append(try Self.layer("encoder.layer.\(index)", names, configuration, precision))
        }
        self.layers = layers
    }

    /// Runs the encoder; the result is `activations.hidden` (T, C).
    ///
    /// Every id must be below V and no sequence longer than the positions; at least one sequence, none empty.
    /// Blocking, CPU-bound.
    func forward(_ batch: TokenBatch, _ activations: inout Activations) {
        precondition(batch.longest <= configuration.maximumPositions, "a sequence of \(batch.longest) tokens")
        activations.reserve(tokens: batch.tokenCount, longest: batch.longest, configuration)
        embed(batch, &activations)
        for layer in layers {
            layer.attention.apply(batch, &activations)
            layer.feedForward.apply(batch, &activations)
        }
    }

    /// `hidden[t] = layerNorm(word[id] + position[t within its sequence] + type[0])`.
    private func embed(_ batch: TokenBatch, _ activations: inout Activations) {
        let size = configuration.hiddenSize
        var hidden = activations.hidden.mutableSpan
        wordEmbeddings.withSpan { words in
            positionEmbeddings.withSpan { positions in
                typeEmbeddings.withSpan { types in
                    for sequence in 0..<batch.sequenceCount {
                        let range = batch.range(sequence)
                        for token in range {
                            let id = Int(batch.ids[token])
                            let position = token - range.lowerBound
                            RowKernels.best.add(
                                words.extracting((id * size)..<((id + 1) * size)),
                                positions.extracting((position * size)..<((position + 1) * size)),
                                types.extracting(0..<size), into: &hidden, start: token * size)
                        }
                    }
                }
            }
        }
        embeddingNorm.apply(&hidden, residual: nil, bias: nil, rows: batch.tokenCount)
    }

    private static func layer(
        _ path: String, _ names: TensorNames, _ configuration: BERTConfiguration, _ precision: EmbeddingPrecision
    ) throws(EmbeddingError) -> Layer {
        let (size, inner) = (configuration.hiddenSize, configuration.intermediateSize)
        var parts: [(weight: WeightTensor, bias: WeightTensor)] = []
        for part in ["query", "key", "value"] {
            parts.append(try names.weightAndBias("\(path).attention.self.\(part)", size, size))
        }
        let stacked = Linear(
            weight: .stacked(parts.map(\.weight), name: "\(path).attention.self.*.weight"),
            bias: .stacked(parts.map(\.bias), name: "\(path).attention.self.*.bias"),
            inputSize: size, outputSize: 3 * size, precision: precision)
        return Layer(
            attention: SelfAttention(
                queriesKeysValues: stacked,
                output: try names.linear("\(path).attention.output.dense", size, size, precision),
                norm: try names.norm("\(path).attention.output.LayerNorm", configuration),
                headCount: configuration.headCount, headSize: configuration.headSize,
                kernel: precision == .float32 ? nil : AttentionKernel()),
            feedForward: FeedForward(
                inner: try names.linear("\(path).intermediate.dense", size, inner, precision),
                output: try names.linear("\(path).output.dense", inner, size, precision),
                norm: try names.norm("\(path).output.LayerNorm", configuration)))
    }

    /// The first tensor of the encoder that holds NaN or infinity, as an error; nil when all are finite. Reads all weights.
    func findNotFinite() -> EmbeddingError? {
        for name in weights.tensors.keys.sorted() {
            guard let tensor = weights.tensors[name], ["F32", "F16", "BF16"].contains(tensor.elementType),
                let floats = try? weights.floats(name, shape: tensor.shape)
            else { continue }
            if let index = floats.withSpan({ firstNotFinite($0) }) {
                return .tensorNotFinite(name: name, index: index, path: weights.path)
            }
        }
        return nil
    }
}

/// Tensors by their paths in the original model.
private struct TensorNames {
    let weights: WeightsFile
    let prefix: String

    init(weights: WeightsFile) {
        self.weights = weights
        prefix = weights.tensors["bert.embeddings.word_embeddings.weight"] == nil ? "" : "bert."
    }

    func tensor(_ name: String, _ shape: [Int]) throws(EmbeddingError) -> WeightTensor {
        try weights.floats(prefix + name, shape: shape)
    }

    func weightAndBias(
        _ path: String, _ inputSize: Int, _ outputSize: Int
    ) throws(EmbeddingError) -> (weight: WeightTensor, bias: WeightTensor) {
        (try tensor("\(path).weight", [outputSize, inputSize]), try tensor("\(path).bias", [outputSize]))
    }

    func linear(
        _ path: String, _ inputSize: Int, _ outputSize: Int, _ precision: EmbeddingPrecision
    ) throws(EmbeddingError) -> Linear {
        let (weight, bias) = try weightAndBias(path, inputSize, outputSize)
        return Linear(
            weight: weight, bias: bias, inputSize: inputSize, outputSize: outputSize, precision: precision)
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
