import Kernels

/// Multi-head self-attention with its residual connection (Vaswani et al. 2017, section 3.2; post-norm as in BERT).
///
/// Sequences lie one after the other without padding; each attends to itself alone, so no mask is needed.
struct SelfAttention: Sendable {
    /// C → 3C: query, key and value weights stacked.
    let queriesKeysValues: Linear
    /// C → C.
    let output: Linear
    let norm: LayerNorm
    let headCount: Int
    let headSize: Int
    /// Nil in float32, and where the CPU has no products of bfloat16.
    let kernel: AttentionKernel?

    /// Replaces `activations.hidden` (T, C).
    func apply(_ batch: TokenBatch, _ activations: inout Activations) {
        let tokens = batch.tokenCount
        project(
            activations.hidden, tokens, product: &activations.product, into: &activations.queriesKeysValues)
        for sequence in 0..<batch.sequenceCount {
            for head in 0..<headCount {
                if let kernel {
                    attend(
                        kernel, batch.range(sequence), head, activations.queriesKeysValues,
                        scratch: &activations.attention, context: &activations.context)
                } else {
                    attend(
                        batch.range(sequence), head, activations.queriesKeysValues, scores: &activations.scores,
                        context: &activations.context)
                }
            }
        }
        addToResidual(
            activations.hidden, activations.context, tokens, product: &activations.product,
            into: &activations.projected)
        swap(&activations.hidden, &activations.projected)
    }

    /// hidden (T, C) to queriesKeysValues (T, 3C).
    private func project(
        _ hidden: [Float], _ tokens: Int, product: inout ProductScratch, into projections: inout [Float]
    ) {
        var output = projections.mutableSpan
        queriesKeysValues.apply(hidden.span, rows: tokens, addsBias: true, scratch: &product, into: &output)
    }

    /// One head of one sequence in bfloat16.
    private func attend(
        _ kernel: AttentionKernel, _ tokens: Range<Int>, _ head: Int, _ projections: [Float], scratch: inout [UInt8],
        context: inout [Float]
    ) {
        let size = headCount * headSize  // C
        let first = tokens.lowerBound * 3 * size + head * headSize
        var output = context.mutableSpan
        kernel.apply(
            AttentionKernel.Head(
                queries: first, keys: first + size, values: first + 2 * size, stride: 3 * size, length: tokens.count,
                size: headSize),
            of: projections.span, scale: 1 / Float(headSize).squareRoot(), scratch: &scratch, into: &output,
            start: tokens.lowerBound * size + head * headSize, contextStride: size)
    }

    /// One head of one sequence: `context = softmax(Q · Kᵀ / √D) · V`.
    private func attend(
        _ tokens: Range<Int>, _ head: Int, _ projections: [Float], scores: inout [Float], context: inout [Float]
    ) {
        let length = tokens.count
        let size = headCount * headSize  // C
        let stride = 3 * size
        let all = projections.span
        let first = tokens.lowerBound * stride + head * headSize
        // (L, D) each, rows 3C apart.
        let queries = all.extracting(first..<all.count)
        let keys = all.extracting((first + size)..<all.count)
        let values = all.extracting((first + 2 * size)..<all.count)
        var weights = scores.mutableSpan
        MatrixMultiply.timesTransposed(
            queries, strideA: stride, keys, strideB: stride, into: &weights, strideC: length, m: length, n: length,
            k: headSize, alpha: 1 / Float(headSize).squareRoot())
        RowKernels.best.softmax(&weights, rows: length, columns: length, stride: length)
        var output = context.mutableSpan
        MatrixMultiply.times(
            weights.span, strideA: length, values, strideB: stride, into: &output,
            startC: tokens.lowerBound * size + head * headSize, strideC: size, m: length, n: headSize, k: length)
    }

    /// `projected = layerNorm(hidden + context · Wᵀ + bias)`, all (T, C).
    private func addToResidual(
        _ hidden: [Float], _ context: [Float], _ tokens: Int, product: inout ProductScratch,
        into projected: inout [Float]
    ) {
        var result = projected.mutableSpan
        output.apply(context.span, rows: tokens, addsBias: false, scratch: &product, into: &result)
        norm.apply(&result, residual: hidden.span, bias: output.bias, rows: tokens)
    }
}
