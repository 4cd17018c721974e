/// Collects blocks in reading order into one `ExtractedDocument` and keeps count of its scalars.
///
/// A string knows its scalars only by walking it, so the count is carried along: building is linear.
struct DocumentBuilder {
    private(set) var document: ExtractedDocument
    private(set) var sourceCharacters = 0
    private let limits: IngestLimits
    private var scalarCount = 0

    init(format: DocumentFormat, limits: IngestLimits) {
        document = ExtractedDocument(format: format)
        self.limits = limits
    }

    /// Appends a block; white space around `text` is dropped and an empty text adds nothing.
    ///
    /// - Parameter sourceCharacters: how many of the block's scalars come from the file; nil: all.
    mutating func append(
        _ kind: Block.Kind, _ text: String, page: Int? = nil, box: PageBox? = nil, row: Int? = nil, table: Int? = nil,
        sourceCharacters: Int? = nil
    ) throws(IngestError) {
        let trimmed = text.trimmingWhiteSpace()
        guard !trimmed.isEmpty else { return }
        if let last = document.blocks.last {
            // Rows and list items stand close together, everything else is set apart by an empty line.
            let isClose = last.kind.sharesLines(with: kind)
            document.text += isClose ? "\n" : "\n\n"
            scalarCount += isClose ? 1 : 2
        }
        let count = trimmed.unicodeScalars.count
        self.sourceCharacters += sourceCharacters ?? count
        guard self.sourceCharacters <= limits.maximumCharacters,
            scalarCount + count <= limits.maximumRenderedCharacters
        else { throw .tooMuchText(limit: limits.maximumCharacters) }
        let span = TextSpan(scalarCount, scalarCount + count)
        document.text += trimmed
        scalarCount += count
        document.blocks.append(Block(kind: kind, span: span, page: page, box: box, row: row, table: table))
    }

    mutating func warn(_ kind: Warning.Kind, _ detail: String) {
        document.warnings.append(Warning(kind, detail))
    }

    mutating func update(_ change: (inout ExtractedDocument) -> Void) { change(&document) }
}

extension Block.Kind {
    fileprivate func sharesLines(with next: Block.Kind) -> Bool {
        switch (self, next) {
        case (.csvRow, .csvRow), (.tableRow, .tableRow), (.listItem, .listItem): true
        default: false
        }
    }
}

extension String {
    /// Without white space at both ends. Unicode scalars decide, so no combining mark is torn from its base.
    func trimmingWhiteSpace() -> String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(String.UnicodeScalarView(scalars[first...last]))
    }
}
