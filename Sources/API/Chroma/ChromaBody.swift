import Foundation
import Hummingbird
import VectorStore

/// A request's JSON object, read member by member; what has another shape is refused as Chroma refuses it.
struct ChromaBody {
    private let object: JSONObject

    /// Largest body: what Chroma takes.
    static let maximumBytes = 40 << 20

    static func read(_ request: Request) async throws -> ChromaBody {
        if let type = request.headers[.contentType], !type.lowercased().hasPrefix("application/json") {
            throw ChromaError(
                status: 415, name: "ChromaError", message: "Expected request with `Content-Type: application/json`")
        }
        let limits = BodyLimits(bytes: maximumBytes)
        try request.checkDeclaredLength(limits)
        var pieces = request.pieces(limits)
        let value: JSONValue
        do {
            value = try JSONParser.parse(try await pieces.collect(), maximumDepth: 128)
        } catch let error as JSONParseError {
            throw ChromaError.invalid("Failed to parse the request body as JSON: \(error.description)")
        }
        guard case .object(let object) = value else { throw ChromaError.shape("expected an object") }
        return ChromaBody(object: object)
    }

    /// nil where the member is absent or null.
    subscript(name: String) -> JSONValue? {
        guard let value = object[name], value != .null else { return nil }
        return value
    }

    private func wrong(_ name: String, _ value: JSONValue, _ expected: String) -> ChromaError {
        .shape("\(name): invalid type: \(value.typeName), expected \(expected)")
    }

    func string(_ name: String) throws -> String {
        guard let text = try optionalString(name) else { throw ChromaError.shape("missing field `\(name)`") }
        return text
    }

    func optionalString(_ name: String) throws -> String? {
        guard let value = self[name] else { return nil }
        guard case .string(let text) = value else { throw wrong(name, value, "a string") }
        return text
    }

    func bool(_ name: String) throws -> Bool {
        guard let value = self[name] else { return false }
        guard case .bool(let flag) = value else { throw wrong(name, value, "a boolean") }
        return flag
    }

    func count(_ name: String) throws -> Int? {
        guard let value = self[name] else { return nil }
        guard case .integer(let number) = value, let count = UInt32(exactly: number) else {
            throw wrong(name, value, "u32")
        }
        return Int(count)
    }

    func array(_ name: String) throws -> [JSONValue]? {
        guard let value = self[name] else { return nil }
        guard case .array(let items) = value else { throw wrong(name, value, "a sequence") }
        return items
    }

    func strings(_ name: String) throws -> [String]? {
        try array(name)?.map { item in
            guard case .string(let text) = item else { throw wrong(name, item, "a string") }
            return text
        }
    }

    func optionalStrings(_ name: String) throws -> [String?]? {
        try array(name)?.map { item in
            if item == .null { return nil }
            guard case .string(let text) = item else { throw wrong(name, item, "a string") }
            return text
        }
    }

    /// Vectors as arrays of numbers, or all of them as Base64 of little-endian float32.
    func vectors(_ name: String) throws -> [[Float]?]? {
        try array(name)?.enumerated().map { index, item in
            switch item {
            case .null: return nil
            case .string(let text): return try Self.base64(text, index)
            case .array(let numbers):
                return try numbers.map { number in
                    let value: Float
                    switch number {
                    case .integer(let whole): value = Float(whole)
                    case .number(let real): value = Float(real)
                    default: throw wrong("\(name)[\(index)]", number, "f32")
                    }
                    guard value.isFinite else {
                        throw ChromaError.invalid(
                            "Validation error: \(name): Embeddings must not contain NaN or Infinity values")
                    }
                    return value
                }
            default:
                throw ChromaError.shape("\(name): data did not match any variant of untagged enum EmbeddingsPayload")
            }
        }
    }

    private static func base64(_ text: String, _ index: Int) throws -> [Float] {
        guard let data = Data(base64Encoded: text) else {
            throw ChromaError.invalid("Invalid base64 string: Invalid symbol, vector \(index).")
        }
        guard data.count % 4 == 0 else {
            throw ChromaError.invalid(
                "Invalid byte length: \(data.count) bytes cannot be converted to f32 values (must be divisible by 4)")
        }
        let bytes = [UInt8](data)
        return try stride(from: 0, to: bytes.count, by: 4).map { start in
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
            let value = Float(bitPattern: bits)
            guard value.isFinite else {
                throw ChromaError.invalid("Non-finite float value at embedding index \(start / 4): \(value)")
            }
            return value
        }
    }
}
