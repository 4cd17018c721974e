import VectorStore

/// A passage that was retrieved, with what is known about its place and its worth.
public struct RetrievedPassage: Sendable, Hashable {
    public let recordID: Int64
    /// UUID of the passage.
    public let key: String
    public let documentID: String
    public let documentTitle: String
    public let filename: String
    public let documentVersion: Int
    public let text: String
    public let place: PassagePlace
    /// Calibrated relevance 0…1, larger is better: the fused score.
    public let score: Double
    /// Cosine of question and passage, at least 0.
    public let vectorScore: Double
    /// BM25 as a share of what a passage of mean length with every word of the question once would get, at most 1.
    public let keywordScore: Double

    /// Whether one of the phrases occurs in the passage, its section or its document's title, in any case.
    func mentions(anyOf phrases: [String]) -> Bool {
        let places = [text, place.section ?? "", documentTitle].map { $0.lowercased() }
        return phrases.contains { phrase in places.contains { $0.contains(phrase.lowercased()) } }
    }
}

/// Where a passage lies in its document.
public struct PassagePlace: Sendable, Hashable {
    /// Half-open range in the extracted text, in Unicode scalars.
    public var characterStart: Int
    public var characterEnd: Int
    /// 1-based, PDF only.
    public var page: Int?
    /// Nearest heading.
    public var section: String?
    /// 1-based data rows, CSV only.
    public var rowStart: Int?
    public var rowEnd: Int?
    /// `[x, y, width, height]` in PDF points, origin top left.
    public var box: [Double]?
    public var tokenCount: Int?

    public init(characterStart: Int, characterEnd: Int) {
        self.characterStart = characterStart
        self.characterEnd = characterEnd
    }

    private enum Key {
        static let start = "char_start"
        static let end = "char_end"
        static let page = "page"
        static let section = "section"
        static let rowStart = "row_start"
        static let rowEnd = "row_end"
        static let box = "box"
        static let tokens = "token_count"
    }

    /// As stored with the record.
    public var metadata: [String: MetadataValue] {
        var values: [String: MetadataValue] = [
            Key.start: .integer(Int64(characterStart)), Key.end: .integer(Int64(characterEnd)),
        ]
        values[Key.page] = page.map { .integer(Int64($0)) }
        values[Key.section] = section.map { .string($0) }
        values[Key.rowStart] = rowStart.map { .integer(Int64($0)) }
        values[Key.rowEnd] = rowEnd.map { .integer(Int64($0)) }
        values[Key.box] = box.map { .list($0.map { .real($0) }) }
        values[Key.tokens] = tokenCount.map { .integer(Int64($0)) }
        return values
    }

    /// Reads what ``metadata`` wrote; nil when the span is missing.
    public init?(metadata: [String: MetadataValue]) {
        guard let start = metadata[Key.start]?.integerValue, let end = metadata[Key.end]?.integerValue else {
            return nil
        }
        characterStart = start
        characterEnd = end
        page = metadata[Key.page]?.integerValue
        section = metadata[Key.section]?.stringValue
        rowStart = metadata[Key.rowStart]?.integerValue
        rowEnd = metadata[Key.rowEnd]?.integerValue
        box = metadata[Key.box]?.listValue?.compactMap(\.realValue)
        tokenCount = metadata[Key.tokens]?.integerValue
    }
}
