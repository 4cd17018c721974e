import Kernels

/// A fully connected layer: weight (out, in), bias (out).
struct Linear: Sendable {
    let weight: WeightTensor
    let bias: WeightTensor
    let inputSize: Int
    let outputSize: Int
    /// Nil in float32, where the weights are used as they lie in the file.
    private let packed: PackedWeights?

    init(
        weight: WeightTensor, bias: WeightTensor, inputSize: Int, outputSize: Int, precision: EmbeddingPrecision
    ) {
        self.weight = weight
        self.bias = bias
        self.inputSize = inputSize
        self.outputSize = outputSize
        packed = precision.packed.map { precision in
            weight.withSpan { weight in
                bias.withSpan { bias in
                    PackedWeights(
                        weight, bias: bias, inputSize: inputSize, outputSize: outputSize, precision: precision)
                }
            }
        }
    }

    /// `output[startRow + t] = input[t] · weightᵀ`, `+ bias` if asked; input (rows, in), output (≥ rows, out).
    ///
    /// The bias can be left to the row kernel that comes next.
    func apply(
        _ input: Span<Float>, rows: Int, addsBias: Bool, scratch: inout ProductScratch,
        into output: inout MutableSpan<Float>, startRow: Int = 0
    ) {
        if let packed {
            packed.apply(input, rows: rows, addsBias: addsBias, scratch: &scratch, into: &output, startRow: startRow)
            return
        }
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

extension EmbeddingPrecision {
    fileprivate var packed: PackedWeights.Precision? {
        switch self {
        case .float32: nil
        case .bfloat16: .bfloat16
        case .int8: .int8
        }
    }
}
