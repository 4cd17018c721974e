import Kernels

/// The two-layer network of a transformer layer with its residual connection: C → F → GELU → C.
struct FeedForward: Sendable {
    /// Tokens taken through both layers at a time, so that the inner activations stay in the second-level cache.
    static let tileTokens = 128

    let inner: Linear
    let output: Linear
    let norm: LayerNorm

    /// Replaces `activations.hidden` (T, C).
    func apply(_ batch: TokenBatch, _ activations: inout Activations) {
        apply(
            activations.hidden, batch.tokenCount, intermediate: &activations.intermediate,
            product: &activations.product, into: &activations.projected)
        swap(&activations.hidden, &activations.projected)
    }

    /// hidden (T, C) through intermediate (tile, F) to projected (T, C).
    private func apply(
        _ hidden: [Float], _ tokens: Int, intermediate: inout [Float], product: inout ProductScratch,
        into projected: inout [Float]
    ) {
        let size = inner.inputSize
        var activated = intermediate.mutableSpan
        var result = projected.mutableSpan
        var start = 0
        while start < tokens {
            let rows = min(Self.tileTokens, tokens - start)
            let input = hidden.span.extracting((start * size)..<((start + rows) * size))
            inner.apply(input, rows: rows, addsBias: false, scratch: &product, into: &activated)
            inner.bias.withSpan {
                RowKernels.best.biasGELU(&activated, bias: $0, rows: rows, columns: inner.outputSize)
            }
            output.apply(
                activated.span, rows: rows, addsBias: false, scratch: &product, into: &result, startRow: start)
            start += rows
        }
        norm.apply(&result, residual: hidden.span, bias: output.bias, rows: tokens)
    }
}
