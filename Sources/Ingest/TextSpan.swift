/// A half-open range of a document's extracted text, counted in Unicode scalars.
///
/// Scalars are the unit of the whole pipeline: they do not depend on how a string is stored (as UTF-8 or UTF-16
/// offsets do) nor on the Unicode version that segments it (as grapheme clusters do).
public struct TextSpan: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let start: Int
    public let end: Int

    /// - Precondition: `0 <= start <= end`. Numbers that come from outside go through `init?(untrustedStart:end:)`.
    public init(_ start: Int, _ end: Int) {
        precondition(start >= 0 && start <= end, "text span [\(start), \(end)) is not ordered")
        self.start = start
        self.end = end
    }

    /// The span, or nil when the two numbers cannot be one.
    public init?(untrustedStart start: Int, end: Int) {
        guard start >= 0, start <= end else { return nil }
        self.start = start
        self.end = end
    }

    public var count: Int { end - start }
    public var isEmpty: Bool { start == end }

    public func contains(_ other: TextSpan) -> Bool { start <= other.start && other.end <= end }
    public func overlaps(_ other: TextSpan) -> Bool { start < other.end && other.start < end }

    /// The smallest span that covers both.
    public func union(_ other: TextSpan) -> TextSpan { TextSpan(min(start, other.start), max(end, other.end)) }

    public static func < (left: TextSpan, right: TextSpan) -> Bool {
        (left.start, left.end) < (right.start, right.end)
    }

    public var description: String { "[\(start), \(end))" }
}
