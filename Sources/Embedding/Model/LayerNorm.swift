import Kernels

/// Layer normalization with its learned scale gamma (C) and shift beta (C).
struct LayerNorm: Sendable {
    let gamma: WeightTensor
    let beta: WeightTensor
    let epsilon: Float
    let size: Int

    /// `x[t] = layerNorm(x[t] + residual[t] + bias)`; x and residual (rows, C), bias (C).
    func apply(_ x: inout MutableSpan<Float>, residual: Span<Float>?, bias: WeightTensor?, rows: Int) {
        gamma.withSpan { gamma in
            beta.withSpan { beta in
                if let bias {
                    bias.withSpan { bias in
                        RowKernels.best.layerNorm(
                            &x, residual: residual, bias: bias, gamma: gamma, beta: beta, epsilon: epsilon,
                            rows: rows, columns: size)
                    }
                } else {
                    RowKernels.best.layerNorm(
                        &x, residual: residual, bias: nil, gamma: gamma, beta: beta, epsilon: epsilon, rows: rows,
                        columns: size)
                }
            }
        }
    }
}
