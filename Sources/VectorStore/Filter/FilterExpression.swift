/// A filter as it comes from outside: a tree of JSON's values, before it is known to be a filter.
public indirect enum FilterExpression: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([FilterExpression])
    /// Members in the order given.
    case object([Member])

    public struct Member: Sendable, Hashable {
        public var name: String
        public var value: FilterExpression

        public init(name: String, value: FilterExpression) {
            self.name = name
            self.value = value
        }
    }

    /// Name of the type for messages.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

extension FilterExpression: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: FilterExpression...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, FilterExpression)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }
}
