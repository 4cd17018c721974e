import Kernels

/// The linear layers of an encoder, packed for a precision, in one memory that can be written to a file as it is.
struct PackedLinears: Sendable {
    enum Part: Int, CaseIterable {
        /// C → 3C: query, key and value weights stacked.
        case queriesKeysValues
        /// C → C.
        case attentionOutput
        /// C → F, with GELU.
        case inner
        /// F → C.
        case output

        fileprivate func layout(_ configuration: BERTConfiguration, _ precision: EmbeddingPrecision) -> PackedLayout {
            let (size, inner) = (configuration.hiddenSize, configuration.intermediateSize)
            let (inputSize, outputSize) =
                switch self {
                case .queriesKeysValues: (size, 3 * size)
                case .attentionOutput: (size, size)
                case .inner: (size, inner)
                case .output: (inner, size)
                }
            return PackedLayout(inputSize: inputSize, outputSize: outputSize, precision: precision.packed)
        }
    }

    let precision: EmbeddingPrecision
    let memory: PackedMemory
    private let weights: [PackedWeights]

    subscript(layer: Int, part: Part) -> PackedWeights {
        weights[layer * Part.allCases.count + part.rawValue]
    }

    /// Bytes that the layers of a configuration take.
    static func sizeBytes(_ configuration: BERTConfiguration, _ precision: EmbeddingPrecision) -> Int {
        configuration.layerCount * Part.allCases.reduce(0) { $0 + $1.layout(configuration, precision).sizeBytes }
    }

    /// Layers that were packed into `memory`, of `sizeBytes` bytes, before.
    init(
        memory: PackedMemory, _ configuration: BERTConfiguration, _ precision: EmbeddingPrecision,
        level: SIMDLevel = .current
    ) {
        precondition(
            memory.sizeBytes == Self.sizeBytes(configuration, precision), "\(memory.sizeBytes) bytes of layers")
        self.precision = precision
        self.memory = memory
        var weights: [PackedWeights] = []
        var offset = 0
        for _ in 0..<configuration.layerCount {
            for part in Part.allCases {
                let layout = part.layout(configuration, precision)
                weights.append(
                    PackedWeights(
                        memory: memory, offset: offset, layout: layout, activation: part == .inner ? .gelu : .none,
                        level: level))
                offset += layout.sizeBytes
            }
        }
        self.weights = weights
    }

    /// Packs the layers of a model, whose tensors it finds and checks.
    ///
    /// - Parameter ranges: what the inputs were seen to range over, for bytes.
    init(
        packing file: WeightsFile, _ configuration: BERTConfiguration, _ precision: EmbeddingPrecision,
        ranges: InputRanges? = nil, level: SIMDLevel = .current
    ) throws(EmbeddingError) {
        let names = TensorNames(weights: file)
        try names.checkLayerCount(configuration.layerCount)
        // Before there is any memory: what the file really holds bounds what a configuration can ask for.
        for layer in 0..<configuration.layerCount {
            for part in Part.allCases { try names.check(part, layer: layer, configuration) }
        }
        let memory = PackedMemory(sizeBytes: Self.sizeBytes(configuration, precision))
        var offset = 0
        for layer in 0..<configuration.layerCount {
            for part in Part.allCases {
                let layout = part.layout(configuration, precision)
                let (weight, bias) = try names.weightAndBias(part, layer: layer, configuration)
                weight.withSpan { weight in
                    bias.withSpan { bias in
                        let factors = part.input.flatMap { input in
                            ranges?.factors(weight, outputSize: layout.outputSize, input, layer: layer)
                        }
                        layout.pack(weight, bias: bias, factors: factors, into: memory, offset: offset)
                    }
                }
                offset += layout.sizeBytes
            }
        }
        self.init(memory: memory, configuration, precision, level: level)
    }
}

extension PackedLinears.Part {
    /// The input whose range is measured; nil for those that do not come from a layer norm and are even enough.
    fileprivate var input: InputRanges.Input? {
        switch self {
        case .queriesKeysValues: .attention
        case .inner: .feedForward
        case .attentionOutput, .output: nil
        }
    }
}

extension TensorNames {
    /// Where the linear layers of a part are, their input size and their output size.
    private func places(
        _ part: PackedLinears.Part, layer: Int, _ configuration: BERTConfiguration
    ) -> (paths: [String], inputSize: Int, outputSize: Int) {
        let (size, inner) = (configuration.hiddenSize, configuration.intermediateSize)
        let path = Self.layer(layer)
        return switch part {
        case .queriesKeysValues: (["query", "key", "value"].map { "\(path).attention.self.\($0)" }, size, size)
        case .attentionOutput: (["\(path).attention.output.dense"], size, size)
        case .inner: (["\(path).intermediate.dense"], size, inner)
        case .output: (["\(path).output.dense"], inner, size)
        }
    }

    fileprivate func check(
        _ part: PackedLinears.Part, layer: Int, _ configuration: BERTConfiguration
    ) throws(EmbeddingError) {
        let (paths, inputSize, outputSize) = places(part, layer: layer, configuration)
        for path in paths {
            try weights.check(prefix + path + ".weight", shape: [outputSize, inputSize])
            try weights.check(prefix + path + ".bias", shape: [outputSize])
        }
    }

    fileprivate func weightAndBias(
        _ part: PackedLinears.Part, layer: Int, _ configuration: BERTConfiguration
    ) throws(EmbeddingError) -> (weight: WeightTensor, bias: WeightTensor) {
        let (paths, inputSize, outputSize) = places(part, layer: layer, configuration)
        var parts: [(weight: WeightTensor, bias: WeightTensor)] = []
        for path in paths { parts.append(try weightAndBias(path, inputSize, outputSize)) }
        if let only = parts.first, parts.count == 1 { return only }
        let path = Self.layer(layer) + ".attention.self.*"
        return (
            .stacked(parts.map(\.weight), name: "\(path).weight"), .stacked(parts.map(\.bias), name: "\(path).bias")
        )
    }
}

extension EmbeddingPrecision {
    fileprivate var packed: PackedWeights.Precision {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .int8: .int8
        }
    }
}
