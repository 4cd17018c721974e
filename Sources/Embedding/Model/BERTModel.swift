import Kernels

/// A BERT encoder (Devlin et al. 2018, arXiv:1810.04805). Immutable: any number of teams may run it, each with activations
/// of its own.
struct BERTModel: Sendable {
    /// Tokens that a thread takes through the linear layers at a time: enough for products at full speed, few enough for
    /// the inner activations to stay in the second-level cache.
    static let blockTokens = 48

    let configuration: BERTConfiguration
    let weights: WeightsFile
    private let wordEmbeddings: WeightTensor  // (V, C)
    private let positionEmbeddings: WeightTensor  // (positions, C)
    private let typeEmbeddings: WeightTensor  // (types, C)
    private let embeddingNorm: LayerNorm
    private let layers: [TransformerLayer]

    /// Finds the tensors that are used as they lie in the file; `linears` are those of the same weights. Tensor names may
    /// carry the prefix `bert.`.
    init(
        configuration: BERTConfiguration, weights: WeightsFile, linears: PackedLinears, level: SIMDLevel = .current
    ) throws(EmbeddingError) {
        self.configuration = configuration
        self.weights = weights
        let names = TensorNames(weights: weights)
        let size = configuration.hiddenSize
        let positions = configuration.maximumPositions
        wordEmbeddings = try names.tensor("embeddings.word_embeddings.weight", [configuration.vocabularySize, size])
        positionEmbeddings = try names.tensor("embeddings.position_embeddings.weight", [positions, size])
        typeEmbeddings = try names.tensor("embeddings.token_type_embeddings.weight", [configuration.typeCount, size])
        embeddingNorm = try names.norm("embeddings.LayerNorm", configuration)
        let halves = linears.precision == .float32 ? nil : AttentionKernel(.bfloat16, level: level)
        let kernel = halves ?? AttentionKernel(.float32, level: level)
        var layers: [TransformerLayer] = []
        for index in 0..<configuration.layerCount {
            let path = TensorNames.layer(index)
            layers.append(
                TransformerLayer(
                    attention: SelfAttention(
                        queriesKeysValues: linears[index, .queriesKeysValues],
                        output: linears[index, .attentionOutput],
                        norm: try names.norm("\(path).attention.output.LayerNorm", configuration),
                        headCount: configuration.headCount, headSize: configuration.headSize, kernel: kernel),
                    feedForward: FeedForward(
                        inner: linears[index, .inner], output: linears[index, .output],
                        norm: try names.norm("\(path).output.LayerNorm", configuration))))
        }
        self.layers = layers
    }

    /// Runs a batch alone; the result is `shared.hidden` (T, C). See `forward(_:member:of:_:_:)`.
    func forward(_ batch: TokenBatch, _ shared: SharedActivations, _ own: inout Activations) {
        shared.reserve(tokens: batch.tokenCount, memberCount: 1, configuration)
        forward(batch, member: 0, of: Team(memberCount: 1), shared, &own)
    }

    /// Runs one member's share of a batch; once it returns, `shared.hidden` (T, C) is the result of all.
    ///
    /// Every member of the team must call this with the same batch and `shared`, which has been reserved for them. Every id
    /// must be below V and no sequence longer than the positions; at least one sequence, none empty. Blocking, CPU-bound.
    func forward(
        _ batch: TokenBatch, member: Int, of team: Team, _ shared: SharedActivations, _ own: inout Activations
    ) {
        precondition(batch.longest <= configuration.maximumPositions, "a sequence of \(batch.longest) tokens")
        let share = team.share(of: member, tokens: batch.tokenCount)
        own.reserve(
            tokens: share.count, longest: batch.longest,
            attentionHasKernel: layers.allSatisfy { $0.attention.kernel != nil }, configuration)
        embed(batch, share, into: shared.hidden)
        for (index, layer) in layers.enumerated() {
            layer.apply(
                batch, share, index: index, shared.hidden,
                projections: shared.projections(layer: index, memberCount: team.memberCount), team, &own)
        }
        team.meet()
    }

    /// `hidden[t] = layerNorm(word[id] + position[t within its sequence] + type[0])` for the tokens of a share.
    private func embed(_ batch: TokenBatch, _ share: Range<Int>, into hidden: ActivationMatrix) {
        let size = configuration.hiddenSize
        hidden.withMutableRows(share) { hidden in
            wordEmbeddings.withSpan { words in
                positionEmbeddings.withSpan { positions in
                    typeEmbeddings.withSpan { types in
                        for sequence in 0..<batch.sequenceCount {
                            let tokens = batch.range(sequence)
                            for token in tokens.clamped(to: share) {
                                let word = Int(batch.ids[token])
                                let position = token - tokens.lowerBound
                                RowKernels.best.add(
                                    words.extracting((word * size)..<((word + 1) * size)),
                                    positions.extracting((position * size)..<((position + 1) * size)),
                                    types.extracting(0..<size), into: &hidden,
                                    start: (token - share.lowerBound) * size)
                            }
                        }
                    }
                }
            }
            embeddingNorm.apply(&hidden, residual: nil, rows: share.count)
        }
    }
}
