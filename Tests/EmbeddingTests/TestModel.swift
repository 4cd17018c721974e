import Embedding
import Foundation

/// The real model: `PROPERTYPRO_MODEL`, or the cache folder of the product.
enum TestModel {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    static func folder() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let folder =
            environment["PROPERTYPRO_MODEL"]
            ?? FileManager.default.homeDirectoryForCurrentUser
            .appendingPathComponent(".cache/propertypro/models/all-MiniLM-L6-v2").path
        guard FileManager.default.fileExists(atPath: folder + "/model.safetensors") else {
            throw Missing(
                description: "The tests need the model all-MiniLM-L6-v2 in \(folder): fetch it with "
                    + "scripts/fetch-models, or set PROPERTYPRO_MODEL to its folder.")
        }
        return folder
    }

    /// One embedder for all tests: it is made to be shared.
    static let shared = Result { try Embedder(modelFolder: folder(), precision: .float32) }

    static func embedder(_ precision: EmbeddingPrecision) throws -> Embedder {
        precision == .float32 ? try shared.get() : try Embedder(modelFolder: folder(), precision: precision)
    }
}

/// Reads little-endian numbers.
struct GoldenReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ name: String) throws {
        bytes = [UInt8](try Data(contentsOf: Self.url(name)))
    }

    static func url(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Golden/Embedding/\(name)")
    }

    mutating func number() -> Int { Int(truncatingIfNeeded: integer(4)) }

    mutating func long() -> UInt64 { integer(8) }

    mutating func floats(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: integer(4))) }
    }

    mutating func text() -> String {
        let length = number()
        defer { position += length }
        return String(decoding: bytes[position..<(position + length)], as: UTF8.self)
    }

    private mutating func integer(_ size: Int) -> UInt64 {
        defer { position += size }
        return bytes[position..<(position + size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    static func lines() throws -> [String] {
        var reader = try GoldenReader("lines.bin")
        return (0..<reader.number()).map { _ in reader.text() }
    }
}
