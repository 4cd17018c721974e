import Foundation
import NIOCore
import VectorStore

/// How a collection measures and searches, in Chroma's words. Kept as JSON beside the collection.
struct ChromaConfiguration: Codable, Equatable {
    var space = Space.l2
    var efConstruction = 100
    var efSearch = 100
    var maxNeighbors = 16
    var resizeFactor = 1.2
    var syncThreshold = 1_000
    var batchSize = 100
    var numThreads = ProcessInfo.processInfo.activeProcessorCount
    /// JSON of the client's embedding function, given back as it came.
    var embeddingFunction: String?
    /// nil: the one that every collection has.
    var schema: ChromaSchema?

    /// The configuration of a create request: from `configuration`, or from the `hnsw:…` keys of the metadata.
    init(_ request: JSONValue?, metadata: [String: MetadataValue]?) throws {
        guard let request else {
            try readLegacy(metadata)
            return
        }
        guard case .object(let object) = request else { throw ChromaError.shape("configuration: expected a map") }
        let (hnsw, spann) = (object["hnsw"] ?? .null, object["spann"] ?? .null)
        guard hnsw == .null || spann == .null else {
            throw ChromaError.invalid("Multiple vector index configurations provided")
        }
        if case .object(let members) = hnsw { try read(members, at: "configuration.hnsw", allowsSpace: true) }
        if case .object(let members) = spann, let space = members["space"] {
            try set("space", space, at: "configuration.spann")
        }
        if self == ChromaConfiguration() { try readLegacy(metadata) }
        embeddingFunction = try Self.embeddingFunction(object["embedding_function"])
    }

    init() {}

    /// The configuration of a create request with a schema beside it: only one of the two may ask for something.
    init(_ body: ChromaBody, metadata: [String: MetadataValue]?) throws {
        let asked = try ChromaConfiguration(body["configuration"], metadata: metadata)
        guard let request = body["schema"] else {
            self = asked
            return
        }
        var inSchema = ChromaConfiguration()
        let schema = try ChromaSchema(request, &inSchema)
        guard inSchema.isUsual, schema.isUsual else {
            guard asked.isUsual else {
                throw ChromaError.invalid(
                    "Failed to reconcile schema: Cannot set both collection config and schema simultaneously")
            }
            self = inSchema
            self.schema = schema
            return
        }
        self = asked
    }

    /// Whether it is what a client sends that asks for nothing.
    var isUsual: Bool {
        var plain = self
        if case .object(let function)? = embeddingFunctionJSON,
            function["type"] != .string("known") || function["name"] == .string("default")
        {
            plain.embeddingFunction = nil
        }
        return plain == ChromaConfiguration()
    }

    /// Reads a vector index of a schema; of one for SPANN only the space counts.
    mutating func read(vectorIndex config: JSONObject) throws {
        if let value = config["space"], value != .null { try set("space", value, at: "schema") }
        if case .object(let members)? = config["hnsw"] { try read(members, at: "schema.hnsw", allowsSpace: false) }
        if let function = try Self.embeddingFunction(config["embedding_function"]) { embeddingFunction = function }
    }

    /// What a modify request sets; the rest stays.
    mutating func update(_ request: JSONValue) throws {
        guard case .object(let object) = request else { throw ChromaError.shape("new_configuration: expected a map") }
        if case .object(let members)? = object["hnsw"] {
            try read(members, at: "new_configuration.hnsw", allowsSpace: false)
        }
        if let function = try Self.embeddingFunction(object["embedding_function"]) { embeddingFunction = function }
    }

    private mutating func read(_ members: JSONObject, at path: String, allowsSpace: Bool) throws {
        for name in members.names {
            guard allowsSpace || name != "space" else { throw Self.unknown(name, path) }
            guard let value = members[name], value != .null else { continue }
            try set(name, value, at: path)
        }
    }

    private static func unknown(_ name: String, _ path: String) -> ChromaError {
        .shape(
            "\(path).\(name): unknown field `\(name)`, expected one of `ef_construction`, `ef_search`, `max_neighbors`, "
                + "`num_threads`, `sync_threshold`, `batch_size`, `resize_factor`")
    }

    private mutating func set(_ name: String, _ value: JSONValue, at path: String) throws {
        func wrong(_ expected: String) -> ChromaError {
            .shape("\(path).\(name): invalid type: \(value.typeName), expected \(expected)")
        }
        func count() throws -> Int {
            guard case .integer(let number) = value, number >= 0 else { throw wrong("usize") }
            return Int(clamping: number)
        }
        switch name {
        case "space":
            guard case .string(let text) = value, let found = Space(rawValue: text) else {
                throw ChromaError.shape("\(path).space: unknown variant, expected one of `l2`, `cosine`, `ip`")
            }
            space = found
        case "ef_construction": efConstruction = try count()
        case "ef_search": efSearch = try count()
        case "max_neighbors": maxNeighbors = try count()
        case "num_threads": numThreads = try count()
        case "sync_threshold": syncThreshold = try count()
        case "batch_size": batchSize = try count()
        case "resize_factor":
            switch value {
            case .number(let number): resizeFactor = number
            case .integer(let number): resizeFactor = Double(number)
            default: throw wrong("f64")
            }
        default: throw Self.unknown(name, path)
        }
    }

    private mutating func readLegacy(_ metadata: [String: MetadataValue]?) throws {
        let names = [
            "hnsw:space": "space", "hnsw:construction_ef": "ef_construction", "hnsw:search_ef": "ef_search",
            "hnsw:M": "max_neighbors", "hnsw:num_threads": "num_threads", "hnsw:resize_factor": "resize_factor",
            "hnsw:batch_size": "batch_size", "hnsw:sync_threshold": "sync_threshold",
        ]
        for (key, value) in metadata ?? [:] where key.hasPrefix("hnsw:") {
            let json: JSONValue? =
                switch value {
                case .string(let text): .string(text)
                case .integer(let number): .integer(number)
                case .real(let number): .number(number)
                case .bool, .list: nil
                }
            do {
                guard let name = names[key], let json else { throw ChromaError.invalid("") }
                try set(name, json, at: "metadata")
                guard batchSize >= 2, syncThreshold >= 2 else { throw ChromaError.invalid("") }
            } catch {
                throw ChromaError.invalid("Failed to parse hnsw parameters from segment metadata")
            }
        }
    }

    private static func embeddingFunction(_ value: JSONValue?) throws -> String? {
        guard let value, value != .null else { return nil }
        let path = "configuration.embedding_function"
        guard case .object(let object) = value, case .string(let type)? = object["type"] else {
            throw ChromaError.shape("\(path): missing field `type`")
        }
        switch type {
        case "legacy", "unknown": break
        case "known":
            guard case .string? = object["name"], object["config"] != nil else {
                throw ChromaError.shape("\(path): missing field `name` or `config`")
            }
        default: throw ChromaError.shape("\(path): unknown variant `\(type)`, expected `legacy`, `known` or `unknown`")
        }
        return String(buffer: JSONWriter.encode(value))
    }

    /// What is Chroma's own default is left to our index, whose defaults find more.
    var indexSettings: IndexSettings {
        func chosen(_ value: Int, _ usual: Int) -> Int? { value == usual ? nil : value }
        let usual = ChromaConfiguration()
        return IndexSettings(
            maxNeighbors: chosen(maxNeighbors, usual.maxNeighbors),
            efConstruction: chosen(efConstruction, usual.efConstruction),
            efSearch: chosen(efSearch, usual.efSearch))
    }

    // MARK: Storing

    func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    init(stored: String?) throws {
        guard let stored else { return }
        self = try JSONDecoder().decode(ChromaConfiguration.self, from: Data(stored.utf8))
    }
}
