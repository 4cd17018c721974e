/// What the text of a record must be for the record to be found: ChromaDB's `where_document`.
///
/// A record without a text fails `contains` and `regex` and satisfies `notContains` and `notRegex`, their complements.
public indirect enum DocumentFilter: Sendable, Hashable {
    /// This text is part of the record's, byte by byte: case counts, nothing stands for anything else. The empty text is
    /// part of every text.
    case contains(String)
    case notContains(String)
    case regex(TextPattern)
    case notRegex(TextPattern)
    /// All of them hold; true for none.
    case and([DocumentFilter])
    /// One of them holds; false for none.
    case or([DocumentFilter])

    /// - Parameter text: of the record; nil if it has none.
    public func matches(_ text: String?) -> Bool {
        switch self {
        case .contains(let part): text.map { Self.isPart(part, of: $0) } ?? false
        case .regex(let pattern): text.map(pattern.matchesPart) ?? false
        case .notContains(let part): !DocumentFilter.contains(part).matches(text)
        case .notRegex(let pattern): !DocumentFilter.regex(pattern).matches(text)
        case .and(let parts): parts.allSatisfy { $0.matches(text) }
        case .or(let parts): parts.contains { $0.matches(text) }
        }
    }

    /// By bytes: Swift's own search goes by characters, for which é is not part of a text that ends in e and an accent.
    private static func isPart(_ part: String, of text: String) -> Bool {
        var (part, text) = (part, text)
        return part.withUTF8 { part in
            text.withUTF8 { text in
                guard let wanted = part.baseAddress, !part.isEmpty else { return true }
                guard let bytes = text.baseAddress else { return false }
                return findBytes(bytes, text.count, wanted, part.count) != nil
            }
        }
    }
}

extension DocumentFilter {
    /// Reads ChromaDB's `where_document`: `{"$contains": "pool"}`, `$not_contains`, `$regex`, `$not_regex`, `$and`, `$or`.
    /// Several members must all hold.
    public init(_ expression: FilterExpression, limits: FilterLimits = FilterLimits()) throws(FilterError) {
        var reader = FilterReader(limits: limits)
        self = try reader.documentFilter(expression)
    }
}

/// `memmem` of the C library, which its module does not export: linear time, whatever the part.
@_silgen_name("memmem")
private func findBytes(
    _ text: UnsafeRawPointer, _ textCount: Int, _ part: UnsafeRawPointer, _ partCount: Int
) -> UnsafeRawPointer?
