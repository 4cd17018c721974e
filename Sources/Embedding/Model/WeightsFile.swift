import Foundation
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

    /// When the file was last written to, in seconds since 1970.
    var modificationSeconds: Int { mapping.modificationSeconds }

    /// Gives back the memory of what was read; it is read again when somebody asks.
    func forgetPages() { mapping.forgetPages() }

    /// The raw bytes of a range that lies inside the file.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        mapping.bytes(range)
    }

    /// A tensor as float32: a view of the mapping for F32, a widened copy for F16 and BF16.
    func floats(_ name: String, shape: [Int]) throws(EmbeddingError) -> WeightTensor {
        let tensor = try check(name, shape: shape)
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

    /// The tensor of a name, if it has this shape.
    @discardableResult
    func check(_ name: String, shape: [Int]) throws(EmbeddingError) -> Tensor {
        guard let tensor = tensors[name] else {
            throw .tensorMissing(name: name, expected: "of shape \(shape)", path: path)
        }
        guard tensor.shape == shape else {
            throw .tensorMismatch(
                name: name, expected: "of shape \(shape)", found: "of shape \(tensor.shape)", path: path)
        }
        return tensor
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

extension WeightsFile {
    /// The first tensor that holds NaN or infinity, as an error; nil when all are finite. Reads all weights.
    func findNotFinite() -> EmbeddingError? {
        for name in tensors.keys.sorted() {
            guard let tensor = tensors[name], ["F32", "F16", "BF16"].contains(tensor.elementType),
                let floats = try? floats(name, shape: tensor.shape)
            else { continue }
            if let index = floats.withSpan({ firstNotFinite($0) }) {
                return .tensorNotFinite(name: name, index: index, path: path)
            }
        }
        return nil
    }
}
