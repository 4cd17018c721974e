/// Why an expression is no filter.
public struct FilterError: Error, Hashable, CustomStringConvertible {
    /// Where in the expression, such as `$and[1].price.$gt`; empty at its root.
    public let path: String
    public let expected: String
    public let found: String

    public init(path: String, expected: String, found: String) {
        self.path = path
        self.expected = expected
        self.found = found
    }

    public var description: String {
        "The filter needs \(expected)\(path.isEmpty ? "" : " at \(path)"), found \(found)."
    }
}

/// Ceilings of what a filter from outside may ask for.
public struct FilterLimits: Sendable, Hashable {
    /// Conditions within conditions; a condition alone is of depth 1.
    public var depth = 64
    /// Conditions on fields or texts in all.
    public var conditions = 10_000
    /// Values of one `$in` or `$nin`.
    public var listLength = 100_000
    /// UTF-8 bytes of one pattern of `$regex`.
    public var patternBytes = 4096

    public init() {}
}
