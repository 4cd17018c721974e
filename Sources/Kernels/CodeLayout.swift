import CKernels

/// How many bits of a vector's code stand for one component.
public enum CodeKind: Int, Sendable, CaseIterable, CustomStringConvertible {
    case oneBit = 1
    case fourBit = 4
    case eightBit = 8

    public var description: String {
        switch self {
        case .oneBit: "one bit"
        case .fourBit: "four bits"
        case .eightBit: "eight bits"
        }
    }
}

/// The shape of the records of one kind of code: the code, zeros, and a trailer in the last 16 bytes.
///
/// The order of components inside a code stands in `kernels_codes.h`. A record takes whole cache lines: one line for one
/// bit at dimension 384.
public struct CodeLayout: Sendable, Equatable {
    public let kind: CodeKind
    /// The padded dimension, a multiple of 64.
    public let dimension: Int

    /// The largest padded dimension, at which every whole-number sum still fits 32 bits.
    public static var maximumDimension: Int { 4_096 }

    /// The layout for vectors of `dimension` components, padded with zeros to a multiple of 64.
    public init(kind: CodeKind, dimension: Int) {
        precondition(
            dimension > 0 && dimension <= Self.maximumDimension,
            "a code of \(dimension) components; 1...\(Self.maximumDimension) are possible")
        self.kind = kind
        self.dimension = (dimension + 63) & ~63
    }

    /// The bytes of the code alone.
    public var codeBytes: Int { dimension * kind.rawValue / 8 }

    /// The bytes from one record to the next, a multiple of 64.
    public var strideBytes: Int { (codeBytes + CodeTrailer.sizeBytes + 63) & ~63 }

    /// Where in a record the trailer starts.
    public var trailerOffset: Int { strideBytes - CodeTrailer.sizeBytes }

    /// The words of one bit plane of a query for one-bit codes: a whole record's worth.
    public var wordsPerPlane: Int { strideBytes / 8 }
}

/// What a record holds beside its code.
public struct CodeTrailer: Sendable, Equatable {
    public static var sizeBytes: Int { 16 }

    public var scale: Float
    public var bias: Float
    /// How many bits of a one-bit code are set.
    public var population: UInt16

    public init(scale: Float, bias: Float, population: UInt16 = 0) {
        self.scale = scale
        self.bias = bias
        self.population = population
    }

    /// The trailer of the record at `record`, which is `layout.strideBytes` long.
    public init(_ record: Span<UInt8>, layout: CodeLayout) {
        precondition(record.count == layout.strideBytes, "a record of \(record.count) bytes, not \(layout.strideBytes)")
        // SAFETY: the span keeps the record alive, and its length was checked.
        self = unsafe record.withUnsafeBytes { record in
            unsafe record.baseAddress.map { unsafe CodeTrailer(uncheckedRecord: $0, layout: layout) }
                ?? CodeTrailer(scale: 0, bias: 0)
        }
    }

    /// Writes the trailer into the record, which is `layout.strideBytes` long.
    public func write(into record: inout MutableSpan<UInt8>, layout: CodeLayout) {
        precondition(record.count == layout.strideBytes, "a record of \(record.count) bytes, not \(layout.strideBytes)")
        // SAFETY: the span keeps the record alive, and its length was checked.
        unsafe record.withUnsafeMutableBytes { record in
            guard let start = record.baseAddress else { return }
            unsafe uncheckedWrite(into: start, layout: layout)
        }
    }

    /// The trailer of the record that starts at `record`.
    @unsafe
    public init(uncheckedRecord record: UnsafeRawPointer, layout: CodeLayout) {
        let raw = unsafe record.loadUnaligned(fromByteOffset: layout.trailerOffset, as: kernels_code_trailer.self)
        self.init(scale: raw.scale, bias: raw.bias, population: raw.population)
    }

    /// Writes the trailer into the record that starts at `record`.
    @unsafe
    public func uncheckedWrite(into record: UnsafeMutableRawPointer, layout: CodeLayout) {
        let raw = kernels_code_trailer(scale: scale, bias: bias, zero: 0, population: population, reserved: 0)
        unsafe record.storeBytes(of: raw, toByteOffset: layout.trailerOffset, as: kernels_code_trailer.self)
    }
}
