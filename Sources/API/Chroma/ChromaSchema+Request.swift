import VectorStore

/// The schema of a create request.
extension ChromaSchema {
    /// Reads the request; what it says of vectors goes to `configuration`.
    init(_ request: JSONValue, _ configuration: inout ChromaConfiguration) throws {
        self.init()
        guard case .object(let object) = request else { throw ChromaError.shape("schema: expected a map") }
        for name in ["defaults", "keys"] where object[name] == nil {
            throw ChromaError.shape("schema: missing field `\(name)`")
        }
        let defaults = try Self.object(object["defaults"], "schema.defaults")
        let keys = try Self.object(object["keys"], "schema.keys")
        if try Self.isEnabled(defaults, "float_list", "vector_index") == true {
            throw Self.refused(
                "Vector index cannot be enabled by default. It can only be enabled on #embedding field.")
        }
        if try Self.isEnabled(defaults, "sparse_vector", "sparse_vector_index") == true {
            throw Self.refused(
                "Sparse vector index cannot be enabled by default. Please enable sparse vector index on specific keys. "
                    + "At most one sparse vector index is allowed for the collection.")
        }
        if try Self.isEnabled(defaults, "string", "fts_index") == true {
            throw Self.refused(
                "Full text search / regular expression index cannot be enabled by default. It can only be enabled on "
                    + "#document field.")
        }
        for type in ValueType.allCases {
            if let isOn = try Self.isEnabled(defaults, type.rawValue, type.index) { self.defaults[type] = isOn }
        }
        for name in keys.names {
            let types = try Self.object(keys[name], "schema.keys.\(name)")
            switch name {
            case Self.document: try readDocument(types)
            case Self.embedding: try readEmbedding(types, &configuration)
            default: try readKey(name, types)
            }
        }
    }

    private static func refused(_ message: String) -> ChromaError {
        .invalid("Validation error: schema: " + message)
    }

    private static func object(_ value: JSONValue?, _ path: String) throws -> JSONObject {
        guard let value, value != .null else { return JSONObject() }
        guard case .object(let object) = value else { throw ChromaError.shape("\(path): expected a map") }
        return object
    }

    /// nil where the index is not mentioned.
    private static func isEnabled(_ types: JSONObject, _ type: String, _ index: String) throws -> Bool? {
        let found = try object(object(types[type], type)[index], "\(type).\(index)")
        guard let value = found["enabled"] else { return nil }
        guard case .bool(let flag) = value else {
            throw ChromaError.shape("schema: \(type).\(index).enabled: expected a boolean")
        }
        return flag
    }

    private mutating func readDocument(_ types: JSONObject) throws {
        if types.names.contains(where: { $0 != "string" && types[$0] != .null }) {
            throw Self.refused("Document field cannot have any value types other than string: #document")
        }
        if try Self.isEnabled(types, "string", "string_inverted_index") == true {
            throw Self.refused("String inverted index can not be enabled on #document key: #document")
        }
        hasFullText = try Self.isEnabled(types, "string", "fts_index") ?? true
    }

    private mutating func readEmbedding(_ types: JSONObject, _ configuration: inout ChromaConfiguration) throws {
        if types.names.contains(where: { $0 != "float_list" && types[$0] != .null }) {
            throw Self.refused("Embedding field cannot have any value types other than float_list: #embedding")
        }
        let index = try Self.object(Self.object(types["float_list"], "float_list")["vector_index"], "vector_index")
        let config = try Self.object(index["config"], "vector_index.config")
        let (hnsw, spann) = (config["hnsw"] ?? .null, config["spann"] ?? .null)
        guard hnsw == .null || spann == .null else {
            throw Self.refused("Both spann and hnsw config cannot be present at the same time.")
        }
        if let source = config["source_key"], source != .null, source != .string(Self.document) {
            throw Self.refused("Vector index can only source from #document")
        }
        try configuration.read(vectorIndex: config)
        definesVectors = !configuration.isUsual
    }

    private mutating func readKey(_ name: String, _ types: JSONObject) throws {
        if name.hasPrefix("#") {
            throw Self.refused(
                "key cannot begin with '#'. Keys starting with '#' are reserved for system use: \(name)")
        }
        if try Self.isEnabled(types, "float_list", "vector_index") == true {
            throw Self.refused("Vector index can only be enabled on #embedding field: \(name)")
        }
        if try Self.isEnabled(types, "string", "fts_index") == true {
            throw Self.refused(
                "Full text search / regular expression index can only be enabled on #document field: \(name)")
        }
        if try Self.isEnabled(types, "sparse_vector", "sparse_vector_index") == true {
            throw ChromaError.invalid(
                "Failed to reconcile schema: Invalid schema input: Sparse vector indexing is not enabled in local")
        }
        for type in ValueType.allCases {
            if let isOn = try Self.isEnabled(types, type.rawValue, type.index) { keys[name, default: [:]][type] = isOn }
        }
    }

    /// Whether the request asked for something else than what a collection has without a schema.
    var isUsual: Bool { self == ChromaSchema() }
}
