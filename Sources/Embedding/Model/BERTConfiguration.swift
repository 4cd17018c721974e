import Kernels

/// The numbers of a BERT encoder, from `config.json`.
///
/// Letters used for shapes in this module: T tokens of a batch, L tokens of one sequence, C hidden size, H attention
/// heads, D = C / H size of a head, F intermediate size, V vocabulary.
public struct BERTConfiguration: Sendable, Equatable {
    /// C.
    public var hiddenSize: Int
    public var layerCount: Int
    /// H.
    public var headCount: Int
    /// F.
    public var intermediateSize: Int
    /// V.
    public var vocabularySize: Int
    public var maximumPositions: Int
    public var typeCount: Int
    public var layerNormEpsilon: Float

    /// D.
    var headSize: Int { hiddenSize / headCount }

    /// Ceilings that keep every product of sizes far from overflow; the largest BERT has 1024, 24, 16, 4096.
    static let maximumSize = PackedLayout.maximumInputSize
    static let maximumLayers = 256

    /// Checks ranges and divisibility.
    func validate(path: String) throws(EmbeddingError) {
        let sizes = [
            ("hidden_size", hiddenSize, Self.maximumSize), ("num_hidden_layers", layerCount, Self.maximumLayers),
            ("num_attention_heads", headCount, Self.maximumSize),
            ("intermediate_size", intermediateSize, Self.maximumSize),
            ("vocab_size", vocabularySize, VocabularyList.maximumCount),
            ("max_position_embeddings", maximumPositions, Self.maximumSize),
            ("type_vocab_size", typeCount, Self.maximumSize),
        ]
        for (name, size, limit) in sizes where !(1...limit).contains(size) {
            throw .unsupportedModel(path: path, setting: name, expected: "1 to \(limit)", found: "\(size)")
        }
        guard hiddenSize % headCount == 0 else {
            throw .unsupportedModel(
                path: path, setting: "num_attention_heads", expected: "a divisor of hidden_size \(hiddenSize)",
                found: "\(headCount)")
        }
        guard layerNormEpsilon >= 0, layerNormEpsilon < 1 else {
            throw .unsupportedModel(
                path: path, setting: "layer_norm_eps", expected: "0 to 1", found: "\(layerNormEpsilon)")
        }
    }
}
