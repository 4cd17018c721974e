import CKernels

/// Sizes of the packed weights of a linear layer, and how they are written. The same on every machine.
///
/// Panels, bias (out), and for bytes scales (out), sums (out) and factors (in), each from a multiple of
/// `PackedMemory.alignment` on.
public struct PackedLayout: Sendable, Equatable {
    public let inputSize: Int
    public let outputSize: Int
    public let precision: PackedWeights.Precision
    /// Whole multiples of `PackedMemory.alignment`.
    public let sizeBytes: Int

    /// Inputs for which sums of bytes cannot overflow.
    public static let maximumInputSize = 65_000
    /// Keeps sizes in bytes far from overflow.
    public static let maximumOutputSize = 1 << 24

    private let panelsSizeBytes: Int

    public init(inputSize: Int, outputSize: Int, precision: PackedWeights.Precision) {
        precondition(
            (1...Self.maximumInputSize).contains(inputSize) && (1...Self.maximumOutputSize).contains(outputSize),
            "weights of \(outputSize) × \(inputSize)")
        self.inputSize = inputSize
        self.outputSize = outputSize
        self.precision = precision
        panelsSizeBytes = kernels_packed_bytes(outputSize, inputSize, precision.elementSizeBytes)
        var size = Self.aligned(panelsSizeBytes) + Self.aligned(4 * outputSize)
        if precision == .int8 { size += 2 * Self.aligned(4 * outputSize) + Self.aligned(4 * inputSize) }
        sizeBytes = size
    }

    /// Writes weights at byte `offset` of `memory`.
    ///
    /// - Parameters:
    ///   - weight: (out, in), row-major, finite.
    ///   - bias: (out).
    ///   - factors: (in), positive: inputs are multiplied by them and weights divided, so that inputs of wide range do not
    ///     take the steps of the others (Xiao et al. 2022, arXiv:2211.10438). For bytes alone; nil for 1.
    public func pack(
        _ weight: Span<Float>, bias: Span<Float>, factors: [Float]? = nil, into memory: PackedMemory, offset: Int = 0
    ) {
        precondition(
            weight.count == inputSize * outputSize && bias.count == outputSize,
            "\(weight.count) weights and \(bias.count) biases for \(outputSize) × \(inputSize)")
        precondition(
            factors.map { precision == .int8 && $0.count == inputSize } ?? true, "factors for \(inputSize) inputs")
        precondition(memory.isOwned, "packing into memory of someone else")
        let parts = unsafe pointers(memory, offset)
        for i in 0..<outputSize { unsafe parts.bias[i] = bias[i] }
        // SAFETY: `pointers` has shown that all parts lie inside the memory; the weights have the size given.
        unsafe weight.withUnsafeBufferPointer { weight in
            guard let weight = weight.baseAddress else { return }
            switch precision {
            case .int8:
                guard let scales = unsafe parts.scales, let sums = unsafe parts.sums, let own = unsafe parts.factors
                else { return }
                for i in 0..<inputSize { unsafe own[i] = factors?[i] ?? 1 }
                unsafe kernels_pack_bytes(
                    weight, own, outputSize, inputSize, parts.panels.assumingMemoryBound(to: Int8.self), scales, sums)
            case .bfloat16:
                unsafe kernels_pack_bf16(
                    weight, outputSize, inputSize, parts.panels.assumingMemoryBound(to: UInt16.self))
            case .float32:
                unsafe kernels_pack_f32(
                    weight, outputSize, inputSize, parts.panels.assumingMemoryBound(to: Float.self))
            }
        }
    }

    @unsafe
    struct Pointers {
        var panels: UnsafeMutableRawPointer
        var bias: UnsafeMutablePointer<Float>
        var scales: UnsafeMutablePointer<Float>?
        var sums: UnsafeMutablePointer<Int32>?
        var factors: UnsafeMutablePointer<Float>?
    }

    /// Where the parts lie; all inside `memory`.
    @unsafe
    func pointers(_ memory: PackedMemory, _ offset: Int) -> Pointers {
        precondition(offset % PackedMemory.alignment == 0, "packed weights at byte \(offset)")
        var next = offset
        func take(_ sizeBytes: Int) -> Int {
            defer { next += Self.aligned(sizeBytes) }
            return next
        }
        var parts = unsafe Pointers(
            panels: UnsafeMutableRawPointer(
                memory.elements(UInt8.self, at: take(panelsSizeBytes), count: panelsSizeBytes)),
            bias: memory.elements(Float.self, at: take(4 * outputSize), count: outputSize))
        if precision == .int8 {
            unsafe parts.scales = unsafe memory.elements(Float.self, at: take(4 * outputSize), count: outputSize)
            unsafe parts.sums = unsafe memory.elements(Int32.self, at: take(4 * outputSize), count: outputSize)
            unsafe parts.factors = unsafe memory.elements(Float.self, at: take(4 * inputSize), count: inputSize)
        }
        return unsafe parts
    }

    private static func aligned(_ sizeBytes: Int) -> Int {
        (sizeBytes + PackedMemory.alignment - 1) / PackedMemory.alignment * PackedMemory.alignment
    }
}

extension PackedWeights.Precision {
    fileprivate var elementSizeBytes: Int {
        switch self {
        case .int8: 1
        case .bfloat16: 2
        case .float32: 4
        }
    }
}
