/// Cuts a document into passages at the ends of headings, paragraphs, rows and sentences.
///
/// Each passage's text is the document's text at its span, exactly; no passage reaches over a page's end, none has more
/// tokens than the settings say, and every scalar of every block but white space is in at least one. Sentences are
/// measured once and added up; a finished passage is measured again as a whole, because a joined text may count
/// differently, and cut where it exceeds. Linear in the document's length.
public struct PassageSplitter {
    public let settings: SplitSettings
    private let measure: TokenMeasure

    /// - Parameter tokenOffsets: the tokens of a text as ranges of its scalars, in order, without special tokens.
    /// - Precondition: the settings' ceilings are positive.
    public init(settings: SplitSettings = SplitSettings(), tokenOffsets: @escaping (String) -> [Range<Int>]) {
        precondition(
            settings.maximumTokens > 0 && settings.maximumCharacters > 0 && settings.overlapSentences >= 0
                && settings.maximumTokens + settings.maximumContextTokens <= settings.windowTokens,
            "a passage needs room: \(settings)")
        self.settings = settings
        measure = TokenMeasure(offsets: tokenOffsets)
    }

    /// - Parameter title: stands for the document in each passage's context; nil: its own title.
    public func split(_ document: ExtractedDocument, title: String? = nil) -> [Passage] {
        let text = IndexedText(document.text)
        var draft = PassageDraft(
            settings: settings, measure: measure, text: text, blocks: document.blocks,
            title: title ?? document.title)
        for index in document.blocks.indices { draft.add(blockAt: index) }
        return draft.finish()
    }
}

/// A stretch of text that is never cut when it can be helped: a sentence, a heading, a row.
struct SplitUnit {
    var span: TextSpan
    var tokens: Int
    /// Index into the document's blocks.
    var block: Int
    /// A whole sentence of running text: may be repeated as overlap.
    var isSentence: Bool
}

/// The passage being put together, and those already finished.
private struct PassageDraft {
    let settings: SplitSettings
    let measure: TokenMeasure
    let text: IndexedText
    let blocks: [Block]
    let title: String?

    private var passages: [Passage] = []
    private var units: [SplitUnit] = []
    private var tokens = 0
    private var trail = HeadingTrail()
    /// The path in force at the first text of the open passage.
    private var path: [String] = []
    /// The last header row seen, for the rows of its table.
    private var header: (table: Int, block: Int)?
    private var contextCache: (key: [String], value: (text: String, tokens: Int))?

    init(settings: SplitSettings, measure: TokenMeasure, text: IndexedText, blocks: [Block], title: String?) {
        self.settings = settings
        self.measure = measure
        self.text = text
        self.blocks = blocks
        self.title = title
    }

    mutating func finish() -> [Passage] {
        close()
        return passages
    }

    mutating func add(blockAt index: Int) {
        let block = blocks[index]
        let blockText = String(text[block.span])
        if closesBefore(block) { close() }
        if case .heading(let level) = block.kind {
            trail.enter(level: level, text: blockText)
        } else {
            trail.passText()
        }
        if case .tableRow(isHeader: true) = block.kind { header = block.table.map { ($0, index) } }
        if block.kind == .csvRow {
            close()
            path = trail.path
            let room = settings.windowTokens - context(for: [block], span: block.span).tokens
            for unit in unitsOf(blockText, block: index, maximumTokens: room) {
                units = [unit]
                close()
            }
            return
        }
        for unit in unitsOf(blockText, block: index, maximumTokens: settings.maximumTokens) { append(unit) }
    }

    /// Whether the open passage ends before this block for other reasons than its length.
    private func closesBefore(_ block: Block) -> Bool {
        guard let last = units.last.map({ blocks[$0.block] }) else { return false }
        if last.page != block.page { return true }
        // Headings gather what follows them; a section that is long enough ends at the next heading.
        if last.kind.isHeading { return false }
        if block.kind.isHeading { return tokens >= settings.targetTokens / 2 }
        if last.kind.isRow != block.kind.isRow || last.table != block.table {
            return tokens >= settings.targetTokens / 2
        }
        return tokens >= settings.targetTokens
    }

    /// Sentences of running text; headings and rows whole. What is too long comes in pieces.
    private func unitsOf(_ blockText: String, block index: Int, maximumTokens: Int) -> [SplitUnit] {
        let block = blocks[index]
        let isProse = block.kind == .paragraph || block.kind == .listItem
        let spans =
            isProse
            ? SentenceBoundaries.sentences(of: blockText) : [TextSpan(0, block.span.count)]
        let indexed = spans.count > 1 ? IndexedText(blockText) : nil
        var result: [SplitUnit] = []
        for span in spans {
            let sentence = indexed.map { String($0[span]) } ?? blockText
            let count = measure.count(sentence)
            if count <= maximumTokens, span.count <= settings.maximumCharacters {
                result.append(
                    SplitUnit(
                        span: TextSpan(block.span.start + span.start, block.span.start + span.end), tokens: count,
                        block: index, isSentence: isProse))
            } else {
                result += pieces(
                    of: sentence, at: block.span.start + span.start, block: index, maximumTokens: maximumTokens)
            }
        }
        return result
    }

    private func pieces(of sentence: String, at start: Int, block: Int, maximumTokens: Int) -> [SplitUnit] {
        let spans = measure.pieces(
            of: sentence, maximumTokens: maximumTokens, maximumCharacters: settings.maximumCharacters)
        let indexed = IndexedText(sentence)
        return spans.map { span in
            SplitUnit(
                span: TextSpan(start + span.start, start + span.end), tokens: measure.count(String(indexed[span])),
                block: block, isSentence: false)
        }
    }

    private mutating func append(_ unit: SplitUnit) {
        if let first = units.first,
            tokens + unit.tokens > settings.maximumTokens
                || unit.span.end - first.span.start > settings.maximumCharacters
        {
            let overlap = overlap(before: unit)
            close()
            for repeated in overlap { place(repeated) }
        }
        place(unit)
    }

    private mutating func place(_ unit: SplitUnit) {
        // The path of the passage is that of its first text; headings alone have the path they make.
        let onlyHeadings = units.allSatisfy { blocks[$0.block].kind.isHeading }
        if onlyHeadings { path = trail.path }
        units.append(unit)
        tokens += unit.tokens
    }

    /// The last sentences of the open passage, when they are running text and leave room for something new.
    private func overlap(before unit: SplitUnit) -> [SplitUnit] {
        var result: [SplitUnit] = []
        var count = 0
        for candidate in units.reversed().prefix(settings.overlapSentences) {
            count += candidate.tokens
            guard candidate.isSentence, unit.isSentence, count <= settings.maximumTokens / 3,
                count + unit.tokens <= settings.maximumTokens, result.count + 1 < units.count,
                unit.span.end - candidate.span.start <= settings.maximumCharacters
            else { break }
            result.insert(candidate, at: 0)
        }
        return result
    }

    /// Ends the open passage.
    private mutating func close() {
        defer {
            units.removeAll(keepingCapacity: true)
            tokens = 0
        }
        var rest = units[...]
        while let first = rest.first {
            // A joined text may have more tokens than its parts together.
            var count = rest.count
            var span = first.span
            var text = ""
            var total = 0
            while true {
                span = TextSpan(first.span.start, rest[rest.startIndex + count - 1].span.end)
                text = String(self.text[span])
                total = count == 1 ? first.tokens : measure.count(text)
                if count == 1 || (total <= settings.maximumTokens && span.count <= settings.maximumCharacters) { break }
                count -= 1
            }
            passages.append(passage(text, span: span, tokens: total, units: rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
    }

    private mutating func passage(
        _ text: String, span: TextSpan, tokens: Int, units: ArraySlice<SplitUnit>
    ) -> Passage {
        let touched = units.map { blocks[$0.block] }
        let kind: Passage.Kind =
            touched.contains { $0.kind == .csvRow }
            ? .record : touched.contains { $0.kind.isRow } ? .table : .prose
        let rows = touched.compactMap(\.row)
        let boxes = touched.compactMap(\.box)
        let context = context(for: touched, span: span)
        return Passage(
            kind: kind, text: text, span: span, page: touched.first?.page,
            box: boxes.dropFirst().reduce(boxes.first) { $0?.union($1) }, headingPath: path,
            rows: rows.min().flatMap { low in rows.max().map { low...$0 } }, context: context.text,
            tokenCount: tokens, contextTokenCount: context.tokens)
    }

    /// Title, headings that are not in the passage itself, and the header row of its table; the outermost heading goes
    /// first when it is too long.
    private mutating func context(for touched: [Block], span: TextSpan) -> (text: String, tokens: Int) {
        let inside = Set(
            touched.filter(\.kind.isHeading).map { String(text[$0.span]) })
        var parts = path.filter { entry in !inside.contains(entry) && entry.lowercased() != title?.lowercased() }
        if let title, !title.isEmpty, !inside.contains(title) { parts.insert(title, at: 0) }
        if let header, let table = touched.first(where: { $0.kind.isRow })?.table, table == header.table,
            blocks[header.block].span.start < span.start
        {
            parts.append(String(text[blocks[header.block].span]))
        }
        if let cached = contextCache, cached.key == parts { return cached.value }
        let key = parts
        while true {
            let candidate = parts.joined(separator: " › ")
            let count = candidate.isEmpty ? 0 : measure.count(candidate)
            if count <= settings.maximumContextTokens {
                contextCache = (key, (candidate, count))
                return (candidate, count)
            }
            // The title stays longest: without it a passage of a long document says nothing of its subject.
            parts.remove(at: parts.count > 1 ? 1 : 0)
        }
    }
}
