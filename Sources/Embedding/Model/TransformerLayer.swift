/// One layer of the encoder: self-attention, then the feed-forward network, each with residual connection and layer norm.
struct TransformerLayer: Sendable {
    let attention: SelfAttention
    let feedForward: FeedForward

    /// Replaces the rows of `hidden` (T, C) that belong to a member's share. The members meet once, between projections
    /// and attention.
    func apply(
        _ batch: TokenBatch, _ share: Range<Int>, index: Int, _ hidden: ActivationMatrix, projections: ActivationMatrix,
        _ team: Team, _ own: inout Activations
    ) {
        for block in Self.blocks(share) {
            hidden.withRows(block) { own.inputRanges?.add($0, rows: block.count, .attention, layer: index) }
            attention.project(block, of: hidden, into: projections, &own)
        }
        team.meet()
        attention.attend(share, of: batch, projections, &own)
        for block in Self.blocks(share) {
            attention.addToResidual(block, of: hidden, contextRow: block.lowerBound - share.lowerBound, &own)
            let projected = own.projected
            projected.withRows(0..<block.count) {
                own.inputRanges?.add($0, rows: block.count, .feedForward, layer: index)
            }
            feedForward.apply(block, &own, into: hidden)
        }
    }

    /// A share cut into blocks of like size.
    private static func blocks(_ share: Range<Int>) -> some Sequence<Range<Int>> {
        let count = (share.count + BERTModel.blockTokens - 1) / BERTModel.blockTokens
        return (0..<count).lazy.map { index in
            let start = share.lowerBound + share.count * index / count
            return start..<(share.lowerBound + share.count * (index + 1) / count)
        }
    }
}
