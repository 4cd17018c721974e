import Glibc

/// The plain meaning of the row kernels and of the matrix product, one loop each: the oracle of their tests.
///
/// Sums are taken in double precision, so the results are as good as float32 can hold. Slow.
public enum RowReference {
    /// `v/2 · (1 + erf(v/√2))`.
    public static func gelu(_ v: Float) -> Float {
        Float(0.5 * Double(v) * (1 + erf(Double(v) / 2.0.squareRoot())))
    }

    /// `exp(x - max) / Σ exp(x - max)`.
    public static func softmax(_ row: [Float]) -> [Float] {
        let largest = Double(row.max() ?? 0)
        let powers = row.map { exp(Double($0) - largest) }
        let total = powers.reduce(0, +)
        return powers.map { Float($0 / total) }
    }

    /// `(x - mean) / √(variance + epsilon) · gamma + beta` with the biased variance.
    public static func layerNorm(_ row: [Float], gamma: [Float], beta: [Float], epsilon: Float) -> [Float] {
        let count = Double(row.count)
        let mean = row.reduce(0) { $0 + Double($1) } / count
        let variance = row.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        let scale = 1 / (variance + Double(epsilon)).squareRoot()
        return row.indices.map { Float((Double(row[$0]) - mean) * scale * Double(gamma[$0]) + Double(beta[$0])) }
    }

    /// Mean of each column of a `rows` × `columns` matrix.
    public static func mean(_ x: [Float], rows: Int, columns: Int) -> [Float] {
        (0..<columns).map { c in
            Float((0..<rows).reduce(0.0) { $0 + Double(x[$1 * columns + c]) } / Double(rows))
        }
    }

    /// The vector divided by its L2 norm; unchanged when the norm is 0.
    public static func unitLength(_ x: [Float]) -> [Float] {
        let norm = x.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return norm > 0 ? x.map { Float(Double($0) / norm) } : x
    }

    /// `C[m, n] = alpha · A[m, k] · B[n, k]ᵀ + bias[n]`, all dense.
    public static func timesTransposed(
        _ a: [Float], _ b: [Float], bias: [Float]?, m: Int, n: Int, k: Int, alpha: Float
    ) -> [Float] {
        var c = [Float](repeating: 0, count: m * n)
        for row in 0..<m {
            for column in 0..<n {
                var sum = 0.0
                for i in 0..<k { sum += Double(a[row * k + i]) * Double(b[column * k + i]) }
                c[row * n + column] = Float(Double(alpha) * sum + Double(bias?[column] ?? 0))
            }
        }
        return c
    }
}
