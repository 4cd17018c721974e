import Foundation
import Glibc
import Kernels

/// A mapped safetensors file: 8 bytes of little-endian header length, a JSON header that gives each tensor an element
/// type, a shape and a byte range of the data after it.
///
/// Opening reads the header alone; every range is proven to lie inside the file before any pointer exists. The file
/// must not be shortened while it is open: the system would answer a read beyond its end with a signal.
final class WeightsFile: Sendable {
    /// Longer headers are refused; 10,000 tensors need about 1 MB.
    static let maximumHeaderSizeBytes = 64 * 1024 * 1024

    struct Tensor: Sendable, Equatable {
        var name: String
        var shape: [Int]
        /// As the file spells it: "F32", "F16", "BF16", …
        var elementType: String
        /// Within the file.
        var byteRange: Range<Int>
    }

    let path: String
    let sizeBytes: Int
    let headerSizeBytes: Int
    let tensors: [String: Tensor]
    private let mapping: FileMapping

    init(path: String) throws(EmbeddingError) {
        self.path = path
        mapping = try FileMapping(path: path)
        sizeBytes = mapping.sizeBytes
        guard sizeBytes >= 8 else {
            throw .malformedFile(path: path, problem: "\(sizeBytes) bytes cannot hold a safetensors header")
        }
        let length = mapping.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.maximumHeaderSizeBytes), length <= UInt64(sizeBytes - 8) else {
            throw .malformedFile(
                path: path,
                problem: "its header claims \(length) bytes, the file holds \(sizeBytes - 8) after the length field "
                    + "and the limit is \(Self.maximumHeaderSizeBytes)")
        }
        headerSizeBytes = 8 + Int(length)
        tensors = try Self.parse(
            header: mapping.bytes(8..<headerSizeBytes), dataStart: headerSizeBytes, sizeBytes: sizeBytes, path: path)
    }

    /// The raw bytes of a range that lies inside the file.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        mapping.bytes(range)
    }

    /// A tensor as float32: a view of the mapping for F32, a widened copy for F16 and BF16.
    func floats(_ name: String, shape: [Int]) throws(EmbeddingError) -> WeightTensor {
        guard let tensor = tensors[name] else {
            throw .tensorMissing(name: name, expected: "of shape \(shape)", path: path)
        }
        guard tensor.shape == shape else {
            throw .tensorMismatch(
                name: name, expected: "of shape \(shape)", found: "of shape \(tensor.shape)", path: path)
        }
        let alignment = tensor.elementType == "F32" ? 4 : 2
        guard tensor.byteRange.lowerBound % alignment == 0 else {
            throw .tensorMismatch(
                name: name, expected: "aligned to \(alignment) bytes", found: "at byte \(tensor.byteRange.lowerBound)",
                path: path)
        }
        switch tensor.elementType {
        case "F32": return WeightTensor(name: name, storage: FloatStorage(mapping, tensor.byteRange))
        case "F16": return widened(tensor, .float16)
        case "BF16": return widened(tensor, .bfloat16)
        default:
            throw .tensorMismatch(
                name: name, expected: "of type F32, F16 or BF16", found: "of type \(tensor.elementType)", path: path)
        }
    }

    private func widened(_ tensor: Tensor, _ precision: HalfPrecision) -> WeightTensor {
        let storage = FloatStorage(count: tensor.byteRange.count / 2) { out in
            mapping.withHalves(tensor.byteRange) { precision.widen($0, into: &out) }
        }
        return WeightTensor(name: tensor.name, storage: storage)
    }

    private struct Entry: Decodable {
        var dtype: String?
        var shape: [Int]?
        var dataOffsets: [Int]?
    }

    private static let elementSizes = [
        "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2,
        "U8": 1, "BOOL": 1,
    ]

    private static func parse(
        header: [UInt8], dataStart: Int, sizeBytes: Int, path: String
    ) throws(EmbeddingError) -> [String: Tensor] {
        let entries: [String: Entry]
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            entries = try decoder.decode([String: Entry].self, from: Data(header))
        } catch {
            throw .malformedFile(path: path, problem: "its safetensors header is not the JSON expected there")
        }
        var tensors: [String: Tensor] = [:]
        for (name, entry) in entries where name != "__metadata__" {
            guard let type = entry.dtype, let shape = entry.shape, let offsets = entry.dataOffsets,
                offsets.count == 2
            else {
                throw .malformedFile(path: path, problem: "tensor \(name) lacks dtype, shape or data_offsets")
            }
            let (begin, end) = (offsets[0], offsets[1])
            guard 0 <= begin, begin <= end, end <= sizeBytes - dataStart else {
                throw .tensorMismatch(
                    name: name, expected: "inside the \(sizeBytes - dataStart) bytes of data",
                    found: "at bytes \(begin) to \(end)", path: path)
            }
            // Unknown element types are passed over: only asking for such a tensor is an error.
            if let elementSize = elementSizes[type] {
                var expected = elementSize
                for size in shape {
                    let (product, overflow) = expected.multipliedReportingOverflow(by: size)
                    expected = overflow || size < 0 ? -1 : product
                    if expected < 0 { break }
                }
                guard end - begin == expected else {
                    throw .tensorMismatch(
                        name: name, expected: "\(type) of shape \(shape) in the bytes of that size",
                        found: "\(end - begin) bytes long", path: path)
                }
            }
            tensors[name] = Tensor(
                name: name, shape: shape, elementType: type, byteRange: (dataStart + begin)..<(dataStart + end))
        }
        return tensors
    }
}

/// A whole file mapped for reading.
@safe final class FileMapping: @unchecked Sendable {
    let sizeBytes: Int
    // SAFETY: read-only memory of `sizeBytes` bytes, mapped for as long as this object lives and never written.
    private let start: UnsafeRawPointer

    init(path: String) throws(EmbeddingError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .fileMissing(path: path) : .fileUnreadable(path: path, reason: Self.lastError())
        }
        defer { _ = close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .fileUnreadable(path: path, reason: Self.lastError())
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            throw .malformedFile(path: path, problem: "it is empty or not a regular file")
        }
        sizeBytes = Int(status.st_size)
        guard let address = unsafe mmap(nil, sizeBytes, PROT_READ, MAP_SHARED, descriptor, 0),
            unsafe address != MAP_FAILED
        else {
            throw .fileUnreadable(path: path, reason: Self.lastError())
        }
        unsafe start = UnsafeRawPointer(address)
    }

    deinit {
        unsafe munmap(UnsafeMutableRawPointer(mutating: start), sizeBytes)
    }

    func bytes(_ range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= sizeBytes, "\(range) of \(sizeBytes) bytes")
        // SAFETY: inside the mapping, which `self` keeps.
        return unsafe Array(UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count))
    }

    func withHalves(_ range: Range<Int>, _ body: (Span<UInt16>) -> Void) {
        body(unsafe Span(_unsafeElements: elements(range, as: UInt16.self)))
    }

    func floats(_ range: Range<Int>) -> UnsafeBufferPointer<Float> {
        unsafe elements(range, as: Float.self)
    }

    private func elements<Element: BitwiseCopyable>(
        _ range: Range<Int>, as type: Element.Type
    ) -> UnsafeBufferPointer<Element> {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= sizeBytes
                && range.lowerBound % MemoryLayout<Element>.alignment == 0, "\(range) of \(sizeBytes) bytes")
        let count = range.count / MemoryLayout<Element>.stride
        // SAFETY: inside the mapping, which is page-aligned; whoever takes the buffer also keeps `self`.
        return unsafe UnsafeBufferPointer(
            start: (start + range.lowerBound).assumingMemoryBound(to: type), count: count)
    }

    private static func lastError() -> String {
        unsafe String(cString: strerror(errno))
    }
}

/// Floats that never change: a view of a mapping, or memory of its own.
@safe final class FloatStorage: @unchecked Sendable {
    // SAFETY: constant after init; owned by this object, or part of `mapping`, which this object keeps alive.
    private let elements: UnsafeBufferPointer<Float>
    private let mapping: FileMapping?

    init(_ mapping: FileMapping, _ byteRange: Range<Int>) {
        unsafe elements = mapping.floats(byteRange)
        self.mapping = mapping
    }

    init(count: Int, _ fill: (inout MutableSpan<Float>) -> Void) {
        let owned = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        unsafe owned.initialize(repeating: 0)
        var span = unsafe MutableSpan(_unsafeElements: owned)
        fill(&span)
        unsafe elements = UnsafeBufferPointer(owned)
        mapping = nil
    }

    deinit {
        if mapping == nil { unsafe elements.deallocate() }
    }

    func withSpan<Result>(_ body: (Span<Float>) -> Result) -> Result {
        // SAFETY: the span lives inside the call, `self` outlives it.
        body(unsafe Span(_unsafeElements: elements))
    }
}

/// A tensor of the model, row-major float32.
struct WeightTensor: Sendable {
    let name: String
    let storage: FloatStorage

    func withSpan<Result>(_ body: (Span<Float>) -> Result) -> Result {
        storage.withSpan(body)
    }

    /// Tensors with equal row lengths, one below the other.
    static func stacked(_ parts: [WeightTensor], name: String) -> WeightTensor {
        let count = parts.reduce(0) { $0 + $1.withSpan { $0.count } }
        let storage = FloatStorage(count: count) { out in
            var start = 0
            for part in parts {
                part.withSpan { span in
                    let count = span.count
                    RowKernels.best.fillRows(&out, start: start, with: span, rows: 1, columns: count, stride: count)
                    start += span.count
                }
            }
        }
        return WeightTensor(name: name, storage: storage)
    }
}
