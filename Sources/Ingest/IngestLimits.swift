/// Every ceiling of the reader, each with the reason for its value.
public struct IngestLimits: Sendable, Hashable {
    /// The API's document limit: 25 MiB. Larger uploads are refused while they are received.
    public var maximumFileBytes = 25 << 20
    /// The API's contract. The longest real files seen (development plans) stay under 1,000 pages.
    public var maximumPages = 2_000
    /// The API's contract: data rows of a CSV file.
    public var maximumRows = 200_000
    /// The API's contract.
    public var maximumColumns = 200
    /// The API's contract: scalars read from the file (column names repeated by CSV rows are not counted).
    public var maximumCharacters = 5_000_000
    /// Scalars of the document's text. Only a CSV exceeds its source, since each row repeats the column names; four
    /// times the source bounds the memory of the server, which holds this text once.
    public var maximumRenderedCharacters = 20_000_000
    /// The largest cell of a spreadsheet program (32,767 characters); a longer one is a sign of a broken quote.
    public var maximumCellCharacters = 32_767
    /// A column name is repeated in each row; more than this is prose, not a name.
    public var maximumColumnNameCharacters = 128
    /// The API's contract: what a DOCX may expand to.
    public var maximumExpandedBytes = 200 << 20
    /// The API's contract: expanded size against stored size. Real text seldom exceeds 20:1.
    public var maximumExpansionRatio = 100
    /// The API's contract: entries of a DOCX archive.
    public var maximumArchiveEntries = 5_000
    /// Attributes of one XML element. Word writes up to about 40 (name spaces of the root); parsers take quadratic
    /// time in this number.
    public var maximumAttributes = 512
    /// Bytes of one XML tag, for the same reason.
    public var maximumTagBytes = 1 << 20
    /// Depth of XML elements. A table in a table in a text box needs about 40.
    public var maximumXMLDepth = 256
    /// Under this many characters on a page, the page counts as one without text (the API's contract).
    public var minimumPageCharacters = 20
    /// Percentage of pages without text from which on the file needs OCR (the API's contract).
    public var scannedPagesPercent = 90

    /// Address space of the worker. poppler and the runtime map about 200 MB before the first page; a page of
    /// 100,000 glyphs adds about 100 MB.
    public var workerMemoryBytes = 1 << 30
    /// Processor time of the worker: 2,000 ordinary pages take about 25 s.
    public var workerCPUSeconds = 30
    /// Wall time of the worker: twice its processor time, for a busy machine.
    public var workerWallSeconds = 60
    /// Files that the worker may hold open: the input, the pipe, and the character maps of a PDF.
    public var workerOpenFiles = 64

    public init() {}

    /// The values of the contract.
    public static let standard = IngestLimits()
}

extension IngestLimits {
    /// Every limit in a fixed order: how limits reach the worker.
    static let fields: [any WritableKeyPath<IngestLimits, Int> & Sendable] = [
        \.maximumFileBytes, \.maximumPages, \.maximumRows, \.maximumColumns, \.maximumCharacters,
        \.maximumRenderedCharacters, \.maximumCellCharacters, \.maximumColumnNameCharacters, \.maximumExpandedBytes,
        \.maximumExpansionRatio, \.maximumArchiveEntries, \.maximumAttributes, \.maximumTagBytes, \.maximumXMLDepth,
        \.minimumPageCharacters, \.scannedPagesPercent, \.workerMemoryBytes, \.workerCPUSeconds,
        \.workerWallSeconds, \.workerOpenFiles,
    ]

    /// The limits as decimal numbers with commas between.
    var encoded: String { Self.fields.map { String(self[keyPath: $0]) }.joined(separator: ",") }

    /// The opposite of `encoded`; nil when a number is missing, extra or negative.
    init?(encoded: String) {
        let numbers = encoded.split(separator: ",", omittingEmptySubsequences: false)
        guard numbers.count == Self.fields.count else { return nil }
        self.init()
        for (field, number) in zip(Self.fields, numbers) {
            guard let value = Int(number), value >= 0 else { return nil }
            self[keyPath: field] = value
        }
    }
}
