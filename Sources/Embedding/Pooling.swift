import Kernels

/// How the token vectors of a text become one.
public enum Pooling: String, Sendable {
    /// The mean over all tokens, [CLS] and [SEP] included.
    case mean
    /// The vector of the first token, [CLS].
    case cls

    /// Pools one sequence: `tokens` (L, C) to C floats, then divides by the L2 norm.
    ///
    /// - Returns: the norm before the division. When it is 0, NaN or infinite the vector was left undivided.
    func pool(_ tokens: Span<Float>, length: Int, size: Int, into vector: inout [Float]) -> Float {
        vector = [Float](repeating: 0, count: size)
        var out = vector.mutableSpan
        let rows = self == .mean ? length : 1
        RowKernels.best.mean(tokens, rows: rows, columns: size, into: &out)
        return RowKernels.best.unitLength(&out)
    }
}
