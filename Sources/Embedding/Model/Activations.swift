import Kernels

/// What the members of a team share in a forward pass.
final class SharedActivations: Sendable {
    /// (T, C): the residual stream, and in the end the output of the encoder.
    let hidden = ActivationMatrix()
    /// (T, 3C) each: queries, keys and values side by side. Layers take turns, so that one member may write those of the
    /// next layer while another still reads.
    private let projections = [ActivationMatrix(), ActivationMatrix()]

    /// To be called before the members start.
    func reserve(tokens: Int, memberCount: Int, _ configuration: BERTConfiguration) {
        hidden.reserve(rows: tokens, columns: configuration.hiddenSize)
        for matrix in projections.prefix(memberCount) {
            matrix.reserve(rows: tokens, columns: 3 * configuration.hiddenSize)
        }
    }

    func projections(layer: Int, memberCount: Int) -> ActivationMatrix {
        projections[memberCount == 1 ? 0 : layer % 2]
    }
}

/// What one thread needs for itself in a forward pass. Grown when a batch is larger than any before, never shrunk: no
/// allocation in the steady state.
struct Activations {
    /// (tokens of the share, C): weighted values, heads side by side.
    let context = ActivationMatrix()
    /// (block, C): output of a sub-layer.
    let projected = ActivationMatrix()
    /// (block, F): the inner layer of the feed-forward network.
    let intermediate = ActivationMatrix()
    /// (queries, L): one head's attention of some queries of a sequence, where no kernel keeps it to itself.
    let scores = ActivationMatrix()
    /// Inputs of products in fewer bits.
    var product = ProductScratch()
    /// Keys, values and scores of one head.
    var attention: [UInt8] = []
    /// Where somebody asked for them: what the inputs of the linear layers range over.
    var inputRanges: InputRanges?

    mutating func reserve(tokens: Int, longest: Int, attentionHasKernel: Bool, _ configuration: BERTConfiguration) {
        let block = min(tokens, BERTModel.blockTokens)
        context.reserve(rows: tokens, columns: configuration.hiddenSize)
        projected.reserve(rows: block, columns: configuration.hiddenSize)
        intermediate.reserve(rows: block, columns: configuration.intermediateSize)
        if !attentionHasKernel { scores.reserve(rows: min(longest, SelfAttention.queriesAtOnce), columns: longest) }
    }
}
