import Foundation

/// A value of a record's metadata: what JSON scalars can hold.
public enum MetadataValue: Sendable, Hashable, Codable {
    case string(String)
    case integer(Int64)
    case real(Double)
    case bool(Bool)
    case list([MetadataValue])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else {
            self = .list(try container.decode([MetadataValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .real(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        }
    }

    /// Whether metadata can hold it: a text, a finite number, a boolean, or a list of values of one of these kinds.
    public var isStorable: Bool {
        switch self {
        case .string, .integer, .bool: true
        case .real(let value): value.isFinite
        case .list(let values):
            values.allSatisfy { value in
                if case .list = value { return false }
                return value.isStorable && value.kind == values[0].kind
            }
        }
    }

    private var kind: Int {
        switch self {
        case .string: 0
        case .integer: 1
        case .real: 2
        case .bool: 3
        case .list: 4
        }
    }

    public var integerValue: Int? {
        if case .integer(let value) = self { Int(exactly: value) } else { nil }
    }

    public var realValue: Double? {
        switch self {
        case .real(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var listValue: [MetadataValue]? {
        if case .list(let values) = self { values } else { nil }
    }
}

/// JSON columns of this module: sorted keys, so that equal values give equal text.
enum JSONColumn {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<T: Decodable>(_ type: T.Type, _ text: String, table: String, id: String) throws -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw VectorStoreError.damagedRow(table: table, id: id, detail: "a JSON column does not decode")
        }
    }
}
