/// A JSON value as read: integers kept apart from other numbers, members in order.
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// A number without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number; always finite.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Name of the type for messages.
    public var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Members in the order of their appearance, each name once.
public struct JSONObject: Sendable, Hashable {
    public private(set) var names: [String] = []
    private var values: [String: JSONValue] = [:]

    public init() {}

    public subscript(name: String) -> JSONValue? { values[name] }

    public var count: Int { names.count }

    /// Adds a member; returns false, changing nothing, if the name is there already.
    @discardableResult
    public mutating func add(_ name: String, _ value: JSONValue) -> Bool {
        guard values[name] == nil else { return false }
        names.append(name)
        values[name] = value
        return true
    }

    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.values == right.values }
    public func hash(into hasher: inout Hasher) { hasher.combine(values) }
}
