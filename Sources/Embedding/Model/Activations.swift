import Kernels

/// All scratch of one forward pass, owned by one worker. Grown when a batch is larger than any before, never shrunk:
/// no allocation in the steady state.
struct Activations {
    /// (T, C): the residual stream, and in the end the output of the encoder.
    var hidden: [Float] = []
    /// (T, C): output of a sub-layer before it becomes `hidden`.
    var projected: [Float] = []
    /// (T, 3C): queries, keys and values side by side.
    var queriesKeysValues: [Float] = []
    /// (T, C): weighted values, heads side by side.
    var context: [Float] = []
    /// (L, L): one head's attention of one sequence.
    var scores: [Float] = []
    /// (tile, F): the inner layer of the feed-forward network, for one tile of tokens.
    var intermediate: [Float] = []
    /// Inputs of products in fewer bits.
    var product = ProductScratch()
    /// Keys, values and scores of one head in bfloat16.
    var attention: [UInt8] = []

    mutating func reserve(tokens: Int, longest: Int, _ configuration: BERTConfiguration) {
        let hiddenCount = tokens * configuration.hiddenSize
        Self.grow(&hidden, hiddenCount)
        Self.grow(&projected, hiddenCount)
        Self.grow(&queriesKeysValues, 3 * hiddenCount)
        Self.grow(&context, hiddenCount)
        Self.grow(&scores, longest * longest)
        Self.grow(&intermediate, min(tokens, FeedForward.tileTokens) * configuration.intermediateSize)
    }

    private static func grow(_ buffer: inout [Float], _ count: Int) {
        if buffer.count < count { buffer = [Float](repeating: 0, count: count) }
    }
}
