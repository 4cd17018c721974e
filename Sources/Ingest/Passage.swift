/// The unit that is embedded, retrieved and cited.
public struct Passage: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case prose
        case table
        /// One record of a CSV file, or a part of one that is too long.
        case record
    }

    public var kind: Kind
    /// Exactly the document's text at `span`.
    public var text: String
    public var span: TextSpan
    /// 1-based; nil for formats without pages. A passage never reaches over a page's end.
    public var page: Int?
    /// Around all blocks that the passage touches.
    public var box: PageBox?
    /// Headings above the passage's first text, outermost first.
    public var headingPath: [String]
    /// 1-based data rows of a CSV file.
    public var rows: ClosedRange<Int>?
    /// What the text needs to be understood: the document's title, the heading path, the header row of its table.
    /// Embedded before the text, never quoted. Empty when there is nothing to say.
    public var context: String
    /// Tokens of `text` and of `context`, each without special tokens.
    public var tokenCount: Int
    public var contextTokenCount: Int

    public init(
        kind: Kind, text: String, span: TextSpan, page: Int? = nil, box: PageBox? = nil, headingPath: [String] = [],
        rows: ClosedRange<Int>? = nil, context: String = "", tokenCount: Int, contextTokenCount: Int = 0
    ) {
        self.kind = kind
        self.text = text
        self.span = span
        self.page = page
        self.box = box
        self.headingPath = headingPath
        self.rows = rows
        self.context = context
        self.tokenCount = tokenCount
        self.contextTokenCount = contextTokenCount
    }

    /// What is handed to the encoder: context and text with a line feed between.
    public var textToEmbed: String { context.isEmpty ? text : context + "\n" + text }
}
