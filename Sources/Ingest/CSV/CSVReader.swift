/// Reads a CSV file: each data row becomes one block `column: value; column: value`.
///
/// Linear in the file's size; needs the file, its UTF-8 and the document at once.
struct CSVReader {
    let limits: IngestLimits

    private static let progressRows = 1_000
    private static let reportedRows = 100

    func read(_ bytes: [UInt8], progress: Extractor.ProgressHandler) throws(IngestError) -> ExtractedDocument {
        let text = try DecodedText(bytes)
        let dialect = CSVDialect(sniffing: text.utf8, limits: limits)
        var parser = CSVParser(bytes: text.utf8, delimiter: dialect.delimiter, limits: limits)
        var builder = DocumentBuilder(format: .csv, limits: limits)
        var columns: [String] = []
        var rows = 0
        var ragged: [Int] = []
        var raggedCount = 0

        if dialect.hasHeader, try parser.next() { columns = columnNames(parser.fields) }
        while try parser.next() {
            let cells = parser.fields
            guard cells.contains(where: { !$0.trimmingWhiteSpace().isEmpty }) else { continue }
            guard rows < limits.maximumRows else { throw .tooManyRows(limit: limits.maximumRows) }
            rows += 1
            if columns.isEmpty { columns = (1...cells.count).map(Self.unnamed) }
            if cells.count != columns.count {
                raggedCount += 1
                if ragged.count < Self.reportedRows { ragged.append(rows) }
            }
            let (rendered, sourceCharacters) = render(cells, columns: columns)
            try builder.append(.csvRow, rendered, row: rows, sourceCharacters: sourceCharacters)
            if rows % Self.progressRows == 0 { progress(ExtractionProgress(unitsDone: rows)) }
        }
        guard rows > 0 else { throw .emptyText }
        progress(ExtractionProgress(unitsDone: rows, unitsTotal: rows))

        if text.isMixed {
            builder.warn(.mixedEncodings, "The file is not valid Unicode; other bytes were read as Windows-1252.")
        }
        if parser.truncatedCells > 0 {
            builder.warn(
                .truncatedCells,
                "\(parser.truncatedCells) cells were cut to \(limits.maximumCellCharacters) characters.")
        }
        if parser.endedInsideQuotes {
            builder.warn(.partialText, "The file ends inside a quoted cell; rows after the quote may be in that cell.")
        }
        builder.update { document in
            document.rowCount = rows
            document.columns = columns
            document.raggedRowCount = raggedCount
            document.firstRaggedRows = ragged
        }
        return builder.document
    }

    /// Usable names: white space made single, length bounded, nameless columns numbered.
    private func columnNames(_ cells: [String]) -> [String] {
        cells.enumerated().map { index, cell in
            let name = cell.collapsingWhiteSpace()
            if name.isEmpty { return Self.unnamed(index + 1) }
            return String(String.UnicodeScalarView(name.unicodeScalars.prefix(limits.maximumColumnNameCharacters)))
        }
    }

    private static func unnamed(_ number: Int) -> String { "column \(number)" }

    /// Empty cells are left out. Cells beyond the last column keep their number as a name.
    private func render(_ cells: [String], columns: [String]) -> (text: String, sourceCharacters: Int) {
        var text = ""
        var characters = 0
        for (index, cell) in cells.enumerated() {
            let value = cell.collapsingWhiteSpace()
            guard !value.isEmpty else { continue }
            if !text.isEmpty { text += "; " }
            text += index < columns.count ? columns[index] : Self.unnamed(index + 1)
            text += ": "
            text += value
            characters += value.unicodeScalars.count
        }
        return (text, characters)
    }
}

extension String {
    /// Each run of white space as one space, none at the ends.
    func collapsingWhiteSpace() -> String {
        // Nearly all cells need nothing done.
        var previousIsSpace = true
        var isClean = true
        for byte in utf8 {
            let isSpace = byte == 0x20
            if byte >= 0x80 || byte < 0x20 || (isSpace && previousIsSpace) {
                isClean = false
                break
            }
            previousIsSpace = isSpace
        }
        if isClean, !previousIsSpace { return self }
        var result = String.UnicodeScalarView()
        var hasPendingSpace = false
        for scalar in unicodeScalars {
            if scalar.properties.isWhitespace {
                hasPendingSpace = !result.isEmpty
            } else {
                if hasPendingSpace { result.append(" ") }
                hasPendingSpace = false
                result.append(scalar)
            }
        }
        return String(result)
    }
}
