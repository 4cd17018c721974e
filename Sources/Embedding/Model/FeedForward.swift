import Kernels

/// The two-layer network of a transformer layer with its residual connection: C → F → GELU → C.
struct FeedForward: Sendable {
    /// With GELU.
    let inner: PackedWeights
    let output: PackedWeights
    let norm: LayerNorm

    /// `hidden = layerNorm(projected + output(gelu(inner(projected))))` for a block of tokens.
    func apply(_ block: Range<Int>, _ own: inout Activations, into hidden: ActivationMatrix) {
        let rows = 0..<block.count
        own.projected.withRows(rows) { projected in
            own.intermediate.withMutableRows(rows) { activated in
                inner.apply(projected, rows: block.count, scratch: &own.product, into: &activated)
                hidden.withMutableRows(block) { result in
                    output.apply(activated.span, rows: block.count, scratch: &own.product, into: &result)
                    norm.apply(&result, residual: projected, rows: block.count)
                }
            }
        }
    }
}
