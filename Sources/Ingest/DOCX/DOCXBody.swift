/// Reads the main part of a DOCX into blocks: paragraphs, headings, list items, table rows.
///
/// The final view: text that tracked changes deleted or moved away, hidden text, field instructions and fallback copies
/// of drawings are left out (ECMA-376 part 1, 17.13.5, 17.3.2.41, 17.16; part 3, 10).
final class DOCXBody: XMLEventHandler {
    struct Element: Equatable {
        var kind: Block.Kind
        var text: String
        var table: Int?
    }

    private(set) var failure: IngestError?
    private(set) var title: String?
    private(set) var hasFlattenedTables = false
    private(set) var hidesText = false

    private let styles: DOCXStyles
    private let limits: IngestLimits
    /// Takes each finished block; throws when a ceiling is reached.
    private let emit: (Element) throws(IngestError) -> Void

    private struct Paragraph {
        var text = ""
        var style: String?
        var outlineLevel: Int?
        var isNumbered: Bool?
        /// Its mark is deleted: the next paragraph goes on where this one ends.
        var joinsNext = false
    }

    private struct Table {
        var ordinal: Int
        var rows = 0
        var cells: [String] = []
        var cell = ""
        var isHeader = false
        var isDeletedRow = false
    }

    private var paragraphs: [Paragraph] = []
    private var tables: [Table] = []
    private var tableCount = 0
    private var carriedText = ""
    /// Depth of elements whose content is left out, 0 outside.
    private var skippedDepth = 0
    private var isInParagraphProperties = false
    private var isInRunProperties = false
    private var isInRowProperties = false
    private var isInRun = false
    private var isRunHidden = false
    private var isInText = false

    /// Elements left out with all they contain.
    private static let skipped: Set<String> = [
        "del", "moveFrom", "pPrChange", "rPrChange", "tblPrChange", "trPrChange", "tcPrChange", "sectPrChange",
        "numberingChange", "instrText", "delText", "delInstrText", "rt", "sectPr",
    ]

    init(styles: DOCXStyles, limits: IngestLimits, emit: @escaping (Element) throws(IngestError) -> Void) {
        self.styles = styles
        self.limits = limits
        self.emit = emit
    }

    func start(_ name: String, isWord: Bool, attributes: [String: String]) {
        if skippedDepth > 0 {
            skippedDepth += 1
            return
        }
        guard isWord else {
            if name == "Fallback" { skippedDepth = 1 }
            return
        }
        if isInRowProperties, name == "del" { tables[last: \.isDeletedRow] = true }
        if isInParagraphProperties, isInRunProperties, name == "del" || name == "moveFrom" {
            paragraphs[last: \.joinsNext] = true
        }
        if Self.skipped.contains(name) {
            skippedDepth = 1
            return
        }
        startContent(name, attributes)
    }

    private func startContent(_ name: String, _ attributes: [String: String]) {
        switch name {
        case "p": paragraphs.append(Paragraph())
        case "pPr": isInParagraphProperties = true
        case "rPr": isInRunProperties = true
        case "trPr": isInRowProperties = true
        case "r":
            isInRun = true
            isRunHidden = false
        case "pStyle": paragraphs[last: \.style] = attributes["val"]
        case "outlineLvl" where isInParagraphProperties:
            paragraphs[last: \.outlineLevel] = attributes["val"].flatMap { Int($0) }
        case "numId" where isInParagraphProperties:
            paragraphs[last: \.isNumbered] = attributes["val"] != "0"
        case "vanish" where isInRunProperties && isInRun: isRunHidden = Self.isOn(attributes["val"])
        case "t": isInText = true
        case "tab" where isInRun && !isInRunProperties: append(" ")
        case "br" where isInRun, "cr" where isInRun: append("\n")
        case "noBreakHyphen": append("-")
        case "tbl": startTable()
        case "tr":
            tables[last: \.cells] = []
            tables[last: \.isHeader] = false
            tables[last: \.isDeletedRow] = false
        case "tblHeader" where isInRowProperties: tables[last: \.isHeader] = Self.isOn(attributes["val"])
        case "tc": tables[last: \.cell] = ""
        default: break
        }
    }

    func end(_ name: String, isWord: Bool) {
        if skippedDepth > 0 {
            skippedDepth -= 1
            return
        }
        guard isWord else { return }
        switch name {
        case "p": endParagraph()
        case "pPr": isInParagraphProperties = false
        case "rPr": isInRunProperties = false
        case "trPr": isInRowProperties = false
        case "r": isInRun = false
        case "t": isInText = false
        case "tc": endCell()
        case "tr": endRow()
        case "tbl": endTable()
        default: break
        }
    }

    func characters(_ text: String) {
        if skippedDepth == 0, isInText { append(text) }
    }

    /// ECMA-376 17.17.4: a switch without a value is on.
    private static func isOn(_ value: String?) -> Bool {
        switch value {
        case "0", "false", "off": false
        default: true
        }
    }

    private func append(_ text: String) {
        guard !isRunHidden || !isInRun else {
            hidesText = true
            return
        }
        guard let last = paragraphs.indices.last else { return }
        paragraphs[last].text += text
    }

    private func endParagraph() {
        guard let paragraph = paragraphs.popLast() else { return }
        let text = carriedText + paragraph.text
        carriedText = ""
        if paragraph.joinsNext {
            carriedText = text
            return
        }
        guard tables.isEmpty else {
            tables[last: \.cell] += " " + text
            return
        }
        let clean = text.trimmingWhiteSpace()
        guard !clean.isEmpty else { return }
        send(Element(kind: kind(of: paragraph), text: clean, table: nil))
    }

    private func kind(of paragraph: Paragraph) -> Block.Kind {
        if let level = paragraph.outlineLevel, (0...8).contains(level) { return .heading(level: level + 1) }
        switch styles.role(of: paragraph.style) {
        case .title:
            if title == nil { title = (carriedText + paragraph.text).collapsingWhiteSpace() }
            return .heading(level: 1)
        case .heading(let level): return .heading(level: level)
        case .listItem: return paragraph.isNumbered == false ? .paragraph : .listItem
        case .body: return paragraph.isNumbered == true ? .listItem : .paragraph
        }
    }

    private func startTable() {
        if tables.isEmpty { tableCount += 1 } else { hasFlattenedTables = true }
        tables.append(Table(ordinal: tableCount))
    }

    private func endCell() {
        guard let last = tables.indices.last else { return }
        tables[last].cells.append(tables[last].cell.collapsingWhiteSpace())
        tables[last].cell = ""
    }

    private func endRow() {
        guard let table = tables.last else { return }
        let text = table.cells.filter { !$0.isEmpty }.joined(separator: " | ")
        guard !table.isDeletedRow, !text.isEmpty else { return }
        tables[last: \.rows] += 1
        if tables.count > 1 {
            tables[tables.count - 2].cell += " " + text
        } else {
            let isHeader = table.isHeader || (table.rows == 0 && TableHeader.isLikely(table.cells))
            send(Element(kind: .tableRow(isHeader: isHeader), text: text, table: table.ordinal))
        }
    }

    private func endTable() { _ = tables.popLast() }

    private func send(_ element: Element) {
        guard failure == nil else { return }
        do throws(IngestError) {
            try emit(element)
        } catch {
            failure = error
        }
    }
}

extension Array {
    /// A part of the last element. Nothing is read or written when there is none, as in a file that closes what it
    /// never opened.
    fileprivate subscript<Value>(last path: WritableKeyPath<Element, Value>) -> Value where Value: EmptyValue {
        get { last.map { $0[keyPath: path] } ?? Value.empty }
        set {
            guard let index = indices.last else { return }
            self[index][keyPath: path] = newValue
        }
    }
}

private protocol EmptyValue {
    static var empty: Self { get }
}

extension String: EmptyValue { fileprivate static var empty: String { "" } }
extension Bool: EmptyValue { fileprivate static var empty: Bool { false } }
extension Int: EmptyValue { fileprivate static var empty: Int { 0 } }
extension Array: EmptyValue { fileprivate static var empty: [Element] { [] } }
extension Optional: EmptyValue { fileprivate static var empty: Wrapped? { nil } }
