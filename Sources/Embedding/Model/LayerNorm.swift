import Kernels

/// Layer normalization with its learned scale gamma (C) and shift beta (C).
struct LayerNorm: Sendable {
    let gamma: WeightTensor
    let beta: WeightTensor
    let epsilon: Float
    let size: Int

    /// `x[t] = layerNorm(x[t] + residual[t])`; x and residual (rows, C).
    func apply(_ x: inout MutableSpan<Float>, residual: Span<Float>?, rows: Int) {
        gamma.withSpan { gamma in
            beta.withSpan { beta in
                RowKernels.best.layerNorm(
                    &x, residual: residual, bias: nil, gamma: gamma, beta: beta, epsilon: epsilon, rows: rows,
                    columns: size)
            }
        }
    }
}
