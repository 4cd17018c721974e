/// The paragraph styles of a DOCX: which of them are headings, which are list items.
final class DOCXStyles: XMLEventHandler {
    let failure: IngestError? = nil

    private struct Style {
        var name = ""
        var basedOn: String?
        var outlineLevel: Int?
        var isNumbered: Bool?
    }

    private var styles: [String: Style] = [:]
    private var current: String?
    private(set) var defaultStyle: String?

    /// A chain of styles longer than this is a cycle.
    private static let maximumChain = 32
    private static let maximumStyles = 20_000

    func start(_ name: String, isWord: Bool, attributes: [String: String]) {
        guard isWord else { return }
        if name == "style" {
            current = nil
            guard let id = attributes["styleId"], styles.count < Self.maximumStyles,
                attributes["type"] ?? "paragraph" == "paragraph"
            else { return }
            current = id
            styles[id] = Style()
            if attributes["default"] == "1" || attributes["default"] == "true" { defaultStyle = id }
            return
        }
        guard let current, let value = attributes["val"] else { return }
        switch name {
        case "name": styles[current]?.name = value.lowercased()
        case "basedOn": styles[current]?.basedOn = value
        case "outlineLvl": styles[current]?.outlineLevel = Int(value)
        case "numId": styles[current]?.isNumbered = value != "0"
        default: break
        }
    }

    func end(_ name: String, isWord: Bool) {
        if isWord, name == "style" { current = nil }
    }

    func characters(_ text: String) {}

    enum Role: Equatable {
        case title
        case heading(level: Int)
        case listItem
        case body
    }

    /// What a paragraph of this style is. Names are Word's own: "heading 1" to "heading 9", "Title", "List …".
    func role(of id: String?) -> Role {
        var next = id ?? defaultStyle
        for _ in 0..<Self.maximumChain {
            guard let id = next, let style = styles[id] else { break }
            if style.name == "title" { return .title }
            if style.name.hasPrefix("heading "), let level = Int(style.name.dropFirst(8)), (1...9).contains(level) {
                return .heading(level: level)
            }
            if let level = style.outlineLevel { return (0...8).contains(level) ? .heading(level: level + 1) : .body }
            if style.isNumbered == true || style.name.hasPrefix("list ") { return .listItem }
            next = style.basedOn
        }
        // Files without style definitions still use Word's ids.
        if let id, styles[id] == nil {
            if id == "Title" { return .title }
            if id.hasPrefix("Heading"), let level = Int(id.dropFirst(7)), (1...9).contains(level) {
                return .heading(level: level)
            }
        }
        return .body
    }
}
