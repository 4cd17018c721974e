/// A pointer from a sentence of an answer to the words that support it.
public struct Citation: Sendable, Hashable {
    /// Number of the passage in the answer's list, from 1; written `[1]`.
    public let marker: Int
    /// Verbatim slice of the document's extracted text at `characterStart..<characterEnd`.
    public let quote: String
    /// In Unicode scalars of the document's extracted text.
    public let characterStart: Int
    public let characterEnd: Int

    public init(marker: Int, quote: String, characterStart: Int, characterEnd: Int) {
        self.marker = marker
        self.quote = quote
        self.characterStart = characterStart
        self.characterEnd = characterEnd
    }
}
