/// Reads a PDF: text and geometry of each page by poppler, then furniture, tables, reading order, headings.
///
/// Two passes: furniture and the body's style are known only when every page was seen. Glyph boxes live as long as
/// their page; what is kept are fragments (about one a line).
struct PDFReader {
    let limits: IngestLimits

    func read(_ bytes: [UInt8], progress: Extractor.ProgressHandler) throws(IngestError) -> ExtractedDocument {
        let pdf = try PopplerDocument(bytes)
        let pageCount = pdf.pageCount
        guard pageCount > 0 else { throw .malformedFile(reason: "the PDF has no pages") }
        guard pageCount <= limits.maximumPages else {
            throw .tooManyPages(count: pageCount, limit: limits.maximumPages)
        }
        var builder = DocumentBuilder(format: .pdf, limits: limits)
        var pages: [PageFragments] = []
        var unreadable: [Int] = []
        var characters = 0
        for index in 0..<pageCount {
            let page = pdf.page(index)
            if page == nil { unreadable.append(index + 1) }
            let fragments = PageFragments(page ?? PageText(width: 0, height: 0, scalars: [], boxes: [], runs: []))
            characters += fragments.characters
            guard characters <= limits.maximumCharacters else { throw .tooMuchText(limit: limits.maximumCharacters) }
            pages.append(fragments)
            progress(ExtractionProgress(unitsDone: index + 1, unitsTotal: pageCount))
        }
        guard unreadable.count < pageCount else { throw .malformedFile(reason: "no page of the PDF can be read") }
        try append(pages, to: &builder)
        finish(&builder, pages: pages, unreadable: unreadable, title: pdf.title)
        return builder.document
    }

    private func append(_ pages: [PageFragments], to builder: inout DocumentBuilder) throws(IngestError) {
        let body = BodyStyle(pages: pages)
        let rows = pages.map { PageRow.rows(of: $0.fragments) }
        let furniture = PageFurniture(pages: zip(pages, rows).map { ($0.height, $1) })
        var vocabulary = Vocabulary()
        for fragment in pages.lazy.flatMap(\.fragments) { vocabulary.add(fragment.text) }
        let paragraphs = ParagraphBuilder(body: body, vocabulary: vocabulary)
        var tables = 0
        for (index, page) in pages.enumerated() {
            let text = furniture.removing(from: rows[index], height: page.height)
            let elements = PageElement.elements(of: PageTables.parts(of: text), paragraphs: paragraphs)
            for element in elements {
                if case .table = element { tables += 1 }
                for block in element.blocks(table: tables) {
                    try builder.append(block.kind, block.text, page: index + 1, box: block.box, table: block.table)
                }
            }
        }
    }

    private func finish(
        _ builder: inout DocumentBuilder, pages: [PageFragments], unreadable: [Int], title: String?
    ) {
        let empty = pages.indices.filter { pages[$0].characters < limits.minimumPageCharacters }.map { $0 + 1 }
        let isScan = empty.count * 100 >= pages.count * limits.scannedPagesPercent
        if !unreadable.isEmpty {
            builder.warn(.partialText, "Pages that could not be read: \(Self.list(unreadable)).")
        }
        if !empty.isEmpty, !isScan {
            builder.warn(.pagesWithoutText, "Pages with hardly any text: \(Self.list(empty)).")
        }
        builder.update { document in
            document.state = isScan ? .needsOCR : .text
            document.pageCount = pages.count
            document.pages = pages.enumerated().map { index, page in
                PageStatistics(
                    page: index + 1, widthPoints: page.width, heightPoints: page.height,
                    characters: page.characters)
            }
            document.title = DocumentTitle.usable(title) ?? Self.firstHeading(of: document)
        }
    }

    private static func list(_ numbers: [Int]) -> String {
        let shown = numbers.prefix(20).map(String.init).joined(separator: ", ")
        return numbers.count > 20 ? shown + " and \(numbers.count - 20) more" : shown
    }

    /// The first heading of the first two pages that is among their outermost two levels.
    private static func firstHeading(of document: ExtractedDocument) -> String? {
        var headings: [(level: Int, span: TextSpan)] = []
        for block in document.blocks {
            guard (block.page ?? 1) <= 2 else { break }
            if case .heading(let level) = block.kind { headings.append((level, block.span)) }
        }
        guard let outermost = headings.map(\.level).min(),
            let first = headings.first(where: { $0.level <= outermost + 1 })
        else { return nil }
        return DocumentTitle.usable(String(IndexedText(document.text)[first.span]))
    }
}
