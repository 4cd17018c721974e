import CKernels

/// The weights and the bias of a linear layer, packed once for products in fewer bits; see `kernels_products.h` for the
/// layout. Immutable: any number of threads may use them, each with a scratch of its own.
@safe public final class PackedWeights: @unchecked Sendable {
    public enum Precision: Sendable {
        /// Weights as whole steps of a scale per output, inputs as whole steps of a scale and a zero per row; summed
        /// up in whole numbers.
        case int8
        /// Weights and inputs rounded to 8 bits of mantissa, summed up in float32.
        case bfloat16
    }

    public let precision: Precision
    public let inputSize: Int
    public let outputSize: Int

    // SAFETY (Sendable): written in init alone, freed in deinit.
    private let panels: UnsafeMutableRawPointer
    private let scales: [Float]
    private let sums: [Int32]
    private let bias: [Float]
    private let noBias: [Float]
    private let table: kernels_products_table

    /// Inputs for which sums of bytes cannot overflow.
    public static let maximumInputSize = 65_000
    private static let panelAlignment = 64

    /// - Parameters:
    ///   - weight: (out, in), row-major, finite.
    ///   - bias: (out).
    public init(
        _ weight: Span<Float>, bias: Span<Float>, inputSize: Int, outputSize: Int, precision: Precision,
        level: SIMDLevel = .current
    ) {
        precondition(
            inputSize > 0 && outputSize > 0 && inputSize <= Self.maximumInputSize
                && weight.count == inputSize * outputSize && bias.count == outputSize,
            "\(weight.count) weights and \(bias.count) biases for \(outputSize) × \(inputSize)")
        self.precision = precision
        self.inputSize = inputSize
        self.outputSize = outputSize
        self.bias = unsafe bias.withUnsafeBufferPointer { unsafe Array($0) }
        noBias = Array(repeating: 0, count: outputSize)
        table = kernels_products_at(level.cLevel)
        let sizeBytes = kernels_packed_bytes(outputSize, inputSize, precision == .int8 ? 1 : 2)
        let panels = UnsafeMutableRawPointer.allocate(byteCount: sizeBytes, alignment: Self.panelAlignment)
        var scales: [Float] = []
        var sums: [Int32] = []
        unsafe weight.withUnsafeBufferPointer { weight in
            // SAFETY: the panels have the size that the kernel asks for; scales and sums have an element an output.
            guard let weight = weight.baseAddress else { return }
            switch precision {
            case .int8:
                scales = Array(repeating: 0, count: outputSize)
                sums = Array(repeating: 0, count: outputSize)
                unsafe kernels_pack_bytes(
                    weight, outputSize, inputSize, panels.assumingMemoryBound(to: Int8.self), &scales, &sums)
            case .bfloat16:
                unsafe kernels_pack_bf16(
                    weight, outputSize, inputSize, panels.assumingMemoryBound(to: UInt16.self))
            }
        }
        unsafe self.panels = panels
        self.scales = scales
        self.sums = sums
    }

    deinit { unsafe panels.deallocate() }

    /// `output[startRow + t] = input[t] · weightᵀ`, `+ bias` if asked; input (rows, in), output (≥ rows, out).
    public func apply(
        _ input: Span<Float>, rows: Int, addsBias: Bool, scratch: inout ProductScratch,
        into output: inout MutableSpan<Float>, startRow: Int = 0
    ) {
        checkBounds(input.count, rows: rows, columns: inputSize, stride: inputSize, name: "input")
        precondition(startRow >= 0, "row \(startRow)")
        checkBounds(output.count, rows: startRow + rows, columns: outputSize, stride: outputSize, name: "output")
        guard rows > 0 else { return }
        let stride = (inputSize + Int(KERNELS_GROUP) - 1) / Int(KERNELS_GROUP) * Int(KERNELS_GROUP)
        scratch.reserve(rows: rows, stride: stride, precision)
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe (addsBias ? bias : noBias).withUnsafeBufferPointer { bias in
                    guard let input = input.baseAddress, let output = output.baseAddress, let bias = bias.baseAddress
                    else { return }
                    unsafe apply(input, rows, stride, bias, &scratch, output + startRow * outputSize)
                }
            }
        }
    }

    private func apply(
        _ input: UnsafePointer<Float>, _ rows: Int, _ stride: Int, _ bias: UnsafePointer<Float>,
        _ scratch: inout ProductScratch, _ output: UnsafeMutablePointer<Float>
    ) {
        // SAFETY: the caller has checked input and output, the scratch has room for the rows, and the packed weights have
        // the sizes given.
        unsafe scales.withUnsafeBufferPointer { scales in
            unsafe sums.withUnsafeBufferPointer { sums in
                var weights = unsafe kernels_packed_weights(
                    panels: panels, bias: bias, scales: scales.baseAddress, sums: sums.baseAddress, n: outputSize,
                    k: inputSize)
                switch precision {
                case .int8:
                    unsafe table.quantise_rows(
                        input, rows, inputSize, &scratch.bytes, stride, &scratch.scales, &scratch.zeros)
                    unsafe table.product_u8(
                        scratch.bytes, stride, scratch.scales, scratch.zeros, rows, &weights, output, outputSize)
                case .bfloat16:
                    unsafe table.round_rows(input, rows, inputSize, &scratch.halves, stride)
                    unsafe table.product_bf16(scratch.halves, stride, rows, &weights, output, outputSize)
                }
            }
        }
    }
}

/// Rows of inputs in fewer bits, for one thread. Grown when needed, never shrunk.
public struct ProductScratch: Sendable {
    fileprivate var bytes: [UInt8] = []
    fileprivate var scales: [Float] = []
    fileprivate var zeros: [Int32] = []
    fileprivate var halves: [UInt16] = []

    public init() {}

    fileprivate mutating func reserve(rows: Int, stride: Int, _ precision: PackedWeights.Precision) {
        switch precision {
        case .int8:
            Self.grow(&bytes, rows * stride, 0)
            Self.grow(&scales, rows, 0)
            Self.grow(&zeros, rows, 0)
        case .bfloat16: Self.grow(&halves, rows * stride, 0)
        }
    }

    private static func grow<Element>(_ buffer: inout [Element], _ count: Int, _ zero: Element) {
        if buffer.count < count { buffer = Array(repeating: zero, count: count) }
    }
}
