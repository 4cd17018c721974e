import VectorStore

/// Metadata between Chroma's JSON and ours.
enum ChromaMetadata {
    /// Of a collection: null means none; an empty object is refused.
    static func collection(_ value: JSONValue?, _ name: String) throws -> [String: MetadataValue?]? {
        guard let value else { return nil }
        guard case .object(let object) = value else { throw ChromaError.shape("\(name): expected a map") }
        guard object.count > 0 else {
            throw ChromaError.invalid("Validation error: \(name): Metadata cannot be empty")
        }
        var metadata: [String: MetadataValue?] = [:]
        for key in object.names {
            if key.isEmpty { throw ChromaError.invalid("Validation error: \(name): Metadata key cannot be empty") }
            if key.hasPrefix("#") || key.hasPrefix("$") {
                throw ChromaError.invalid(
                    "Validation error: \(name): Metadata key cannot start with '#' or '$': \(key)")
            }
            guard let item = object[key] else { continue }
            guard item != .null else {
                metadata.updateValue(nil, forKey: key)
                continue
            }
            guard let read = scalar(item) else {
                throw ChromaError.shape("\(name).\(key): data did not match any variant of untagged enum MetadataValue")
            }
            metadata[key] = read
        }
        return metadata
    }

    /// Of each record; a null value takes a field away.
    static func records(_ values: [JSONValue]?, allowsNull: Bool) throws -> [[String: MetadataValue?]]? {
        try values?.enumerated().map { index, value in
            if value == .null { return [:] }
            guard case .object(let object) = value else {
                throw ChromaError.shape("metadatas[\(index)]: expected a map")
            }
            var metadata: [String: MetadataValue?] = [:]
            for key in object.names {
                guard let item = object[key] else { continue }
                guard !key.isEmpty, !key.hasPrefix("#"), !key.hasPrefix("$") else {
                    throw ChromaError.invalid("Validation error: metadatas: Invalid metadata at index \(index)")
                }
                switch item {
                case .null where allowsNull: metadata.updateValue(nil, forKey: key)
                case .array(let items) where items.isEmpty: metadata.updateValue(nil, forKey: key)
                case .object(let object) where object["indices"] != nil:
                    throw ChromaError.unsupported(
                        "Unimplemented: Sparse vector is not supported for local chroma: \(key)")
                default:
                    guard let read = read(item) else {
                        let kind = allowsNull ? "UpdateMetadataValue" : "MetadataValue"
                        throw ChromaError.shape(
                            "metadatas[\(index)].\(key): data did not match any variant of untagged enum \(kind)")
                    }
                    metadata[key] = read
                }
            }
            return metadata
        }
    }

    private static func scalar(_ value: JSONValue) -> MetadataValue? {
        switch value {
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .number(let number): .real(number)
        case .string(let text): .string(text)
        case .null, .array, .object: nil
        }
    }

    /// A scalar, or a list of scalars of one kind; whole numbers among others become reals.
    private static func read(_ value: JSONValue) -> MetadataValue? {
        guard case .array(let items) = value else { return scalar(value) }
        let values = items.compactMap(scalar)
        guard values.count == items.count else { return nil }
        let hasReals = values.contains { if case .real = $0 { true } else { false } }
        let list = hasReals ? values.map { value in value.realValue.map { .real($0) } ?? value } : values
        return MetadataValue.list(list).isStorable ? .list(list) : nil
    }
}

/// Chroma's clients tell `1` from `1.0`.
extension MetadataValue: JSONWritable {
    public func write(to json: inout JSONWriter) {
        switch self {
        case .string(let text): json.string(text)
        case .integer(let number): json.integer(number)
        case .real(let number): json.real(number)
        case .bool(let flag): json.bool(flag)
        case .list(let values): json.array(values)
        }
    }
}

/// A value, or null.
struct Nullable<Value: JSONWritable>: JSONWritable {
    let value: Value?

    init(_ value: Value?) { self.value = value }

    func write(to json: inout JSONWriter) {
        if let value { value.write(to: &json) } else { json.null() }
    }
}

extension Float: JSONWritable {
    public func write(to json: inout JSONWriter) { json.real(self) }
}
