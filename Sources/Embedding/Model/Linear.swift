import Kernels

/// A fully connected layer: weight (out, in), bias (out).
struct Linear: Sendable {
    let weight: WeightTensor
    let bias: WeightTensor
    let inputSize: Int
    let outputSize: Int

    /// `output[startRow + t] = input[t] · weightᵀ`, `+ bias` if asked; input (rows, in), output (≥ rows, out).
    ///
    /// The bias can be left to the row kernel that comes next.
    func apply(
        _ input: Span<Float>, rows: Int, addsBias: Bool, into output: inout MutableSpan<Float>, startRow: Int = 0
    ) {
        weight.withSpan { weight in
            bias.withSpan { bias in
                MatrixMultiply.timesTransposed(
                    input, strideA: inputSize, weight, strideB: inputSize, bias: addsBias ? bias : nil,
                    into: &output, startC: startRow * outputSize, strideC: outputSize, m: rows, n: outputSize,
                    k: inputSize)
            }
        }
    }
}
