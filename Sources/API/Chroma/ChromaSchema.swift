import VectorStore

/// Which indexes a collection has, in Chroma's words: by default for every type of value, and otherwise for single keys. Ours
/// indexes everything anyway; what the schema switches off is refused in filters, as Chroma refuses it.
struct ChromaSchema: Codable, Equatable {
    /// The types of values that can be indexed.
    enum ValueType: String, Codable, CaseIterable, CodingKeyRepresentable {
        case string, int, float, bool
        case sparseVector = "sparse_vector"

        /// The member that switches filters on, and how errors call the type.
        var index: String { self == .sparseVector ? "sparse_vector_index" : "\(rawValue)_inverted_index" }
        var nameInErrors: String {
            switch self {
            case .string: "Str"
            case .int: "Int"
            case .float: "Float"
            case .bool: "Bool"
            case .sparseVector: "SparseVector"
            }
        }

        init?(_ value: MetadataValue) {
            switch value {
            case .string: self = .string
            case .integer: self = .int
            case .real: self = .float
            case .bool: self = .bool
            case .list(let items):
                guard let first = items.first, let type = ValueType(first) else { return nil }
                self = type
            }
        }
    }

    static let document = "#document"
    static let embedding = "#embedding"

    /// Whether values of a type can be filtered by, where their key says nothing.
    var defaults: [ValueType: Bool] = [.string: true, .int: true, .float: true, .bool: true, .sparseVector: false]
    /// The same by key.
    var keys: [String: [ValueType: Bool]] = [:]
    /// Whether texts can be searched.
    var hasFullText = true
    /// Whether ``ChromaConfiguration`` came with the schema; the default for vectors is then the plain one.
    var definesVectors = false

    func allows(_ key: String, _ type: ValueType) -> Bool { keys[key]?[type] ?? defaults[type] ?? true }

    /// Takes keys up that records have and the schema does not name.
    mutating func discover(_ found: Set<ChromaKey>) {
        for key in found where keys[key.name]?[key.type] == nil {
            keys[key.name, default: [:]][key.type] = defaults[key.type] ?? true
        }
    }
}

/// A key of metadata with the type of its values.
struct ChromaKey: Hashable, Sendable {
    let name: String
    let type: ChromaSchema.ValueType

    /// Those of some records.
    static func keys(in metadatas: [[String: MetadataValue?]]) -> Set<ChromaKey> {
        var found: Set<ChromaKey> = []
        for metadata in metadatas {
            for case (let name, let value?) in metadata where !name.hasPrefix("chroma:") {
                if let type = ChromaSchema.ValueType(value) { found.insert(ChromaKey(name: name, type: type)) }
            }
        }
        return found
    }
}

extension ChromaSchema {
    /// Refuses what the schema has no index for.
    func check(_ filter: RecordFilter) throws {
        if filter.text != nil, !hasFullText {
            throw ChromaError.invalid("Cannot filter using full-text search because FTS indexing is disabled")
        }
        if let metadata = filter.metadata { try check(metadata) }
    }

    private func check(_ filter: Filter) throws {
        switch filter {
        case .and(let parts), .or(let parts): for part in parts { try check(part) }
        case .not(let part): try check(part)
        case .field(let name, let condition):
            for operand in condition.operands {
                guard let type = ValueType(operand), !allows(name, type) else { continue }
                throw ChromaError.invalid(
                    "Cannot filter using metadata key '\(name)' with type '\(type.nameInErrors)' because indexing is disabled"
                )
            }
        }
    }
}

extension Filter.Condition {
    fileprivate var operands: [MetadataValue] {
        switch self {
        case .equal(let value), .notEqual(let value), .greater(let value), .greaterOrEqual(let value), .less(let value),
            .lessOrEqual(let value), .contains(let value), .notContains(let value):
            [value]
        case .in(let values), .notIn(let values): values
        case .exists: []
        }
    }
}
