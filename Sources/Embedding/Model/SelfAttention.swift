import Kernels

/// Multi-head self-attention with its residual connection (Vaswani et al. 2017, section 3.2; post-norm as in BERT).
///
/// Sequences lie one after the other without padding; each attends to itself alone, so no mask is needed.
struct SelfAttention: Sendable {
    /// C → 3C: query, key and value weights stacked.
    let queriesKeysValues: PackedWeights
    /// C → C.
    let output: PackedWeights
    let norm: LayerNorm
    let headCount: Int
    let headSize: Int
    /// Nil where the CPU has none: BLAS takes its place.
    let kernel: AttentionKernel?

    /// Where BLAS attends, whose scores are kept between its two products.
    static let queriesAtOnce = 64

    /// hidden (T, C) to projections (T, 3C), for the rows of a block.
    func project(
        _ block: Range<Int>, of hidden: ActivationMatrix, into projections: ActivationMatrix, _ own: inout Activations
    ) {
        hidden.withRows(block) { input in
            projections.withMutableRows(block) { output in
                queriesKeysValues.apply(input, rows: block.count, scratch: &own.product, into: &output)
            }
        }
    }

    /// The context of the tokens of a share, `own.context` (share, C), from the projections of whole sequences.
    func attend(_ share: Range<Int>, of batch: TokenBatch, _ projections: ActivationMatrix, _ own: inout Activations) {
        for sequence in 0..<batch.sequenceCount {
            let tokens = batch.range(sequence)
            let queries = tokens.clamped(to: share)
            if queries.isEmpty { continue }
            projections.withRows(tokens) { projections in
                for head in 0..<headCount {
                    attend(
                        (queries.lowerBound - tokens.lowerBound)..<(queries.upperBound - tokens.lowerBound), head,
                        projections, length: tokens.count, &own, contextRow: queries.lowerBound - share.lowerBound)
                }
            }
        }
    }

    /// `projected = layerNorm(hidden + context · Wᵀ + bias)` for a block, whose context starts at `contextRow`.
    func addToResidual(
        _ block: Range<Int>, of hidden: ActivationMatrix, contextRow: Int, _ own: inout Activations
    ) {
        own.context.withRows(contextRow..<(contextRow + block.count)) { context in
            own.projected.withMutableRows(0..<block.count) { result in
                output.apply(context, rows: block.count, scratch: &own.product, into: &result)
                hidden.withRows(block) { norm.apply(&result, residual: $0, rows: block.count) }
            }
        }
    }

    /// One head of one sequence: `context = softmax(Q · Kᵀ / √D) · V` for some of its queries, rows of `projections`.
    private func attend(
        _ queries: Range<Int>, _ head: Int, _ projections: Span<Float>, length: Int, _ own: inout Activations,
        contextRow: Int
    ) {
        let size = headCount * headSize  // C
        let first = head * headSize
        let scale = 1 / Float(headSize).squareRoot()
        own.context.withMutableRows(contextRow..<(contextRow + queries.count)) { context in
            if let kernel {
                kernel.apply(
                    AttentionKernel.Head(
                        queries: queries.lowerBound * 3 * size + first, queryCount: queries.count, keys: first + size,
                        values: first + 2 * size, stride: 3 * size, length: length, size: headSize),
                    of: projections, scale: scale, scratch: &own.attention, into: &context, start: first,
                    contextStride: size)
                return
            }
            // (L, D) each, rows 3C apart.
            let all = projections.count
            let keys = projections.extracting((first + size)..<all)
            let values = projections.extracting((first + 2 * size)..<all)
            for start in stride(from: queries.lowerBound, to: queries.upperBound, by: Self.queriesAtOnce) {
                let count = min(Self.queriesAtOnce, queries.upperBound - start)
                let asked = projections.extracting((start * 3 * size + first)..<all)
                own.scores.withMutableRows(0..<count) { weights in
                    MatrixMultiply.timesTransposed(
                        asked, strideA: 3 * size, keys, strideB: 3 * size, into: &weights, strideC: length,
                        m: count, n: length, k: headSize, alpha: scale)
                    RowKernels.best.softmax(&weights, rows: count, columns: length, stride: length)
                    MatrixMultiply.times(
                        weights.span, strideA: length, values, strideB: 3 * size, into: &context,
                        startC: (start - queries.lowerBound) * size + first, strideC: size, m: count, n: headSize,
                        k: length)
                }
            }
        }
    }
}
