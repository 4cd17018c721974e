/// The three formats that are read.
public enum DocumentFormat: String, Sendable, Hashable, CaseIterable {
    case pdf, docx, csv
}

/// A rectangle on a page in PDF points (1/72 inch), origin at the top left corner of the page.
public struct PageBox: Sendable, Hashable {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    public var right: Double { x + width }
    public var bottom: Double { y + height }

    /// The smallest box around both.
    public func union(_ other: PageBox) -> PageBox {
        let left = min(x, other.x)
        let top = min(y, other.y)
        return PageBox(
            x: left, y: top, width: max(right, other.right) - left, height: max(bottom, other.bottom) - top)
    }
}

/// One piece of a document's structure: a paragraph, a heading, a row.
public struct Block: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// Level 1 is the outermost, 9 the innermost.
        case heading(level: Int)
        case paragraph
        case listItem
        /// Cells joined by ` | `. A header row names the columns of the rows after it in the same table.
        case tableRow(isHeader: Bool)
        /// One record of a CSV file as `column: value; column: value`.
        case csvRow

        public var isHeading: Bool {
            if case .heading = self { true } else { false }
        }

        public var isRow: Bool {
            switch self {
            case .tableRow, .csvRow: true
            case .heading, .paragraph, .listItem: false
            }
        }
    }

    public var kind: Kind
    /// Where the block's text stands in `ExtractedDocument.text`.
    public var span: TextSpan
    /// 1-based; nil for formats without pages.
    public var page: Int?
    public var box: PageBox?
    /// 1-based data row of a CSV file (the header row is not counted).
    public var row: Int?
    /// 1-based ordinal of the table that a `tableRow` belongs to.
    public var table: Int?

    public init(
        kind: Kind, span: TextSpan, page: Int? = nil, box: PageBox? = nil, row: Int? = nil, table: Int? = nil
    ) {
        self.kind = kind
        self.span = span
        self.page = page
        self.box = box
        self.row = row
        self.table = table
    }
}

/// What was survived while reading, under the names of the API's contract.
public struct Warning: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Something could not be read; the rest could.
        case partialText = "partial_text"
        case pagesWithoutText = "pages_without_text"
        /// The file is not valid Unicode; the bytes that did not fit were read as Windows-1252.
        case mixedEncodings = "mixed_encodings"
        case truncatedCells = "truncated_cells"
        /// A table inside a table was written into the outer cell.
        case tablesFlattened = "tables_flattened"
    }

    public var kind: Kind
    /// One sentence for the log and the user.
    public var detail: String

    public init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }
}

/// How much text a page carries; the base of the decision whether a file is a scan.
public struct PageStatistics: Sendable, Hashable {
    /// 1-based.
    public var page: Int
    public var widthPoints: Double
    public var heightPoints: Double
    /// Scalars that are not white space, page furniture included.
    public var characters: Int

    public init(page: Int, widthPoints: Double, heightPoints: Double, characters: Int) {
        self.page = page
        self.widthPoints = widthPoints
        self.heightPoints = heightPoints
        self.characters = characters
    }
}

/// The whole of what was read from one file.
///
/// Invariants: blocks stand in reading order, their spans do not overlap and lie inside `text`; between two blocks
/// there is nothing but line feeds.
public struct ExtractedDocument: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        case text
        /// A PDF whose pages carry (almost) no text: a scan or a drawing. `text` may be short or empty.
        case needsOCR = "needs_ocr"
    }

    public var format: DocumentFormat
    public var state: State
    /// The title that the file itself names, if it names a usable one.
    public var title: String?
    public var text: String
    public var blocks: [Block]
    /// 0 for formats without pages.
    public var pageCount: Int
    public var pages: [PageStatistics]
    /// Data rows of a CSV file; 0 otherwise.
    public var rowCount: Int
    /// Column names of a CSV file.
    public var columns: [String]
    /// CSV rows whose number of cells differs from the header's: how many, and the first ones by number.
    public var raggedRowCount: Int
    public var firstRaggedRows: [Int]
    public var warnings: [Warning]

    public init(
        format: DocumentFormat, state: State = .text, title: String? = nil, text: String = "", blocks: [Block] = [],
        pageCount: Int = 0, pages: [PageStatistics] = [], rowCount: Int = 0, columns: [String] = [],
        raggedRowCount: Int = 0, firstRaggedRows: [Int] = [], warnings: [Warning] = []
    ) {
        self.format = format
        self.state = state
        self.title = title
        self.text = text
        self.blocks = blocks
        self.pageCount = pageCount
        self.pages = pages
        self.rowCount = rowCount
        self.columns = columns
        self.raggedRowCount = raggedRowCount
        self.firstRaggedRows = firstRaggedRows
        self.warnings = warnings
    }
}

/// How far an extraction has come. Pages of a PDF, rows of a CSV, paragraphs of a DOCX.
public struct ExtractionProgress: Sendable, Hashable {
    public var unitsDone: Int
    /// nil while it is not known.
    public var unitsTotal: Int?

    public init(unitsDone: Int, unitsTotal: Int? = nil) {
        self.unitsDone = unitsDone
        self.unitsTotal = unitsTotal
    }
}
