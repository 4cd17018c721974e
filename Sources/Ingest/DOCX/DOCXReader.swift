/// Reads a DOCX: finds its parts in the archive, then its styles, then its body.
struct DOCXReader {
    let limits: IngestLimits

    private static let progressBlocks = 200

    func read(_ bytes: [UInt8], progress: Extractor.ProgressHandler) throws(IngestError) -> ExtractedDocument {
        var archive = try Archive(bytes, limits: limits)
        let main = try mainPart(of: &archive)
        guard let content = try archive.contents(of: main) else {
            throw .malformedFile(reason: "its main part is missing")
        }
        let styles = DOCXStyles()
        if let part = try archive.contents(of: Self.sibling("styles.xml", of: main)) {
            try XMLReader.read(part, part: "styles", limits: limits, handler: styles)
        }
        let box = BuilderBox(DocumentBuilder(format: .docx, limits: limits))
        var blocks = 0
        let body = try withoutActuallyEscaping(progress) { progress throws(IngestError) in
            let body = DOCXBody(styles: styles, limits: limits) { element throws(IngestError) in
                try box.builder.append(element.kind, element.text, table: element.table)
                blocks += 1
                if blocks % Self.progressBlocks == 0 { progress(ExtractionProgress(unitsDone: blocks)) }
            }
            try XMLReader.read(content, part: "document", limits: limits, handler: body)
            return BodyFacts(
                title: body.title, hasFlattenedTables: body.hasFlattenedTables, hidesText: body.hidesText)
        }
        if body.hasFlattenedTables {
            box.builder.warn(.tablesFlattened, "Tables inside tables were written into the outer cell.")
        }
        if body.hidesText {
            box.builder.warn(.partialText, "Hidden text of the document was left out.")
        }
        let title = try coreTitle(of: &archive) ?? body.title
        box.builder.update { $0.title = title }
        return box.builder.document
    }

    private struct BodyFacts {
        var title: String?
        var hasFlattenedTables: Bool
        var hidesText: Bool
    }

    /// Shared with the closure that takes the body's elements.
    private final class BuilderBox {
        var builder: DocumentBuilder
        init(_ builder: DocumentBuilder) { self.builder = builder }
    }

    /// The part that `_rels/.rels` names as the document (ECMA-376 part 2, 9.3).
    private func mainPart(of archive: inout Archive) throws(IngestError) -> String {
        guard let relationships = try archive.contents(of: "_rels/.rels") else { return "word/document.xml" }
        let finder = RelationshipFinder()
        try XMLReader.read(relationships, part: "relationships", limits: limits, handler: finder)
        return finder.target ?? "word/document.xml"
    }

    private static func sibling(_ name: String, of part: String) -> String {
        guard let slash = part.lastIndex(of: "/") else { return name }
        return part[...slash] + name
    }

    private func coreTitle(of archive: inout Archive) throws(IngestError) -> String? {
        guard let core = try archive.contents(of: "docProps/core.xml") else { return nil }
        let finder = CoreTitleFinder()
        try XMLReader.read(core, part: "properties", limits: limits, handler: finder)
        return DocumentTitle.usable(finder.title)
    }
}

private final class RelationshipFinder: XMLEventHandler {
    let failure: IngestError? = nil
    private(set) var target: String?

    func start(_ name: String, isWord: Bool, attributes: [String: String]) {
        guard target == nil, name == "Relationship", attributes["Type"]?.hasSuffix("/officeDocument") == true else {
            return
        }
        target = attributes["Target"].map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 }
    }

    func end(_ name: String, isWord: Bool) {}
    func characters(_ text: String) {}
}

private final class CoreTitleFinder: XMLEventHandler {
    let failure: IngestError? = nil
    private(set) var title = ""
    private var isInTitle = false

    func start(_ name: String, isWord: Bool, attributes: [String: String]) { isInTitle = name == "title" }
    func end(_ name: String, isWord: Bool) { isInTitle = false }
    func characters(_ text: String) {
        if isInTitle, title.utf8.count < 4_096 { title += text }
    }
}
