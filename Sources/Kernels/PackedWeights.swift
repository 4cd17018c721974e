import CKernels

/// The weights and the bias of a linear layer, packed once for products in a precision; see `kernels_products.h` for the
/// layout. Immutable: any number of threads may use them, each with a scratch of its own.
@safe public final class PackedWeights: @unchecked Sendable {
    public enum Precision: Sendable {
        /// Weights as whole steps of a scale per output, inputs as whole steps of a scale and a zero per row; summed
        /// up in whole numbers.
        case int8
        /// Weights and inputs rounded to 8 bits of mantissa, summed up in float32.
        case bfloat16
        case float32
    }

    /// What becomes of each output once its bias is added.
    public enum Activation: Sendable {
        case none
        /// `v/2 · (1 + erf(v/√2))`, to 1e-6 in float32 and to 1e-4 in fewer bits.
        case gelu
    }

    /// Whether products of bytes are faster than those of floats: where one instruction does four, and with AVX2, where
    /// they read a quarter of the memory (half the time for a question, a tenth less for passages).
    public static func bytesAreFastest(level: SIMDLevel = .current) -> Bool {
        level == .avx2 || kernels_products_at(level.cLevel).has_byte_instructions
    }

    public let layout: PackedLayout
    public let activation: Activation

    // SAFETY (Sendable): constant memory, kept by this object, of the sizes of `layout`.
    private let memory: PackedMemory
    private let panels: UnsafeRawPointer
    private let bias: UnsafePointer<Float>
    private let scales: UnsafePointer<Float>?
    private let sums: UnsafePointer<Int32>?
    private let factors: UnsafePointer<Float>?
    private let table: kernels_products_table

    /// Weights that `pack` has written at byte `offset` of `memory`, a multiple of `PackedMemory.alignment`.
    public init(
        memory: PackedMemory, offset: Int = 0, layout: PackedLayout, activation: Activation = .none,
        level: SIMDLevel = .current
    ) {
        self.memory = memory
        self.layout = layout
        self.activation = activation
        table = kernels_products_at(level.cLevel)
        let parts = unsafe layout.pointers(memory, offset)
        unsafe panels = UnsafeRawPointer(parts.panels)
        unsafe bias = UnsafePointer(parts.bias)
        unsafe scales = parts.scales.map { unsafe UnsafePointer($0) }
        unsafe sums = parts.sums.map { unsafe UnsafePointer($0) }
        // Layers packed without factors have 1 everywhere, and need not multiply.
        let hasFactors = unsafe parts.factors.map { own in
            (0..<layout.inputSize).contains { unsafe own[$0] != 1 }
        }
        unsafe factors = hasFactors == true ? parts.factors.map { unsafe UnsafePointer($0) } : nil
    }

    /// `output[t] = activation(input[t] · weightᵀ + bias)`; input (rows, in), output (rows, out).
    public func apply(
        _ input: Span<Float>, rows: Int, scratch: inout ProductScratch, into output: inout MutableSpan<Float>
    ) {
        let (inputSize, outputSize) = (layout.inputSize, layout.outputSize)
        checkBounds(input.count, rows: rows, columns: inputSize, stride: inputSize, name: "input")
        checkBounds(output.count, rows: rows, columns: outputSize, stride: outputSize, name: "output")
        guard rows > 0 else { return }
        let stride = (inputSize + Int(KERNELS_GROUP) - 1) / Int(KERNELS_GROUP) * Int(KERNELS_GROUP)
        scratch.reserve(rows: rows, stride: stride, layout.precision)
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let input = input.baseAddress, let output = output.baseAddress else { return }
                unsafe apply(input, rows, stride, &scratch, output)
            }
        }
    }

    private func apply(
        _ input: UnsafePointer<Float>, _ rows: Int, _ stride: Int, _ scratch: inout ProductScratch,
        _ output: UnsafeMutablePointer<Float>
    ) {
        // SAFETY: the caller has checked input and output, the scratch has room for the rows, and the packed weights have
        // the sizes given.
        var weights = unsafe kernels_packed_weights(
            panels: panels, bias: bias, scales: scales, sums: sums, n: layout.outputSize, k: layout.inputSize,
            activation: activation == .gelu ? KERNELS_ACTIVATION_GELU : KERNELS_ACTIVATION_NONE)
        switch layout.precision {
        case .int8:
            unsafe table.quantise_rows(
                input, factors, rows, layout.inputSize, &scratch.bytes, stride, &scratch.scales, &scratch.zeros)
            unsafe table.product_u8(
                scratch.bytes, stride, scratch.scales, scratch.zeros, rows, &weights, output, layout.outputSize)
        case .bfloat16:
            unsafe table.round_rows(input, rows, layout.inputSize, &scratch.halves, stride)
            unsafe table.product_bf16(scratch.halves, stride, rows, &weights, output, layout.outputSize)
        case .float32:
            unsafe table.product_f32(input, layout.inputSize, rows, &weights, output, layout.outputSize)
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
        case .float32: break
        }
    }

    private static func grow<Element>(_ buffer: inout [Element], _ count: Int, _ zero: Element) {
        if buffer.count < count { buffer = Array(repeating: zero, count: count) }
    }
}
