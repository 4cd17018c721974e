import TestSupport
import Testing

@testable import Ingest

@Suite struct PassageSplitterTests {
    private func split(_ document: ExtractedDocument, _ settings: SplitSettings = SplitSettings()) -> [Passage] {
        PassageSplitter(settings: settings, tokenOffsets: tokenOffsets).split(document)
    }

    private func document(_ blocks: [(Block.Kind, String, Int?)], title: String? = nil) throws -> ExtractedDocument {
        var builder = DocumentBuilder(format: .pdf, limits: .standard)
        for (kind, text, page) in blocks {
            let isRow = kind.isRow && kind != .csvRow
            try builder.append(kind, text, page: page, table: isRow ? 1 : nil)
        }
        builder.update { $0.title = title }
        return builder.document
    }

    @Test func headingsGoWithTheirText() throws {
        let passages = split(
            try document(
                [
                    (.heading(level: 1), "Lease", 1), (.heading(level: 2), "Rent", 1),
                    (.paragraph, "Rent is due monthly. It is paid by cheque.", 1),
                    (.listItem, "• First of the month", 1),
                ], title: "Handbook"))
        #expect(passages.count == 1)
        #expect(passages.first?.headingPath == ["Lease", "Rent"])
        #expect(passages.first?.context == "Handbook")
        #expect(passages.first?.text.hasPrefix("Lease\n\nRent\n\nRent is due") == true)
    }

    @Test func longSectionsAreCutWithOverlapAndContext() throws {
        var settings = SplitSettings()
        settings.maximumTokens = 30
        settings.targetTokens = 20
        let sentences = (1...12).map { "Rule \($0) says that tenants must pay rent." }
        let passages = split(
            try document(
                [(.heading(level: 1), "Rules", 1), (.paragraph, sentences.joined(separator: " "), 1)], title: "Guide"),
            settings)
        #expect(passages.count > 3)
        #expect(passages.dropFirst().allSatisfy { $0.context == "Guide › Rules" })
        // Each passage begins with the sentence that ended the one before.
        for (first, second) in zip(passages, passages.dropFirst()) {
            #expect(second.span.start < first.span.end)
            #expect(first.text.hasSuffix(second.text.prefix { $0 != "." } + "."))
        }
    }

    @Test func pathsHoldWhatStandsAbove() {
        var trail = HeadingTrail()
        trail.enter(level: 2, text: "Contents")
        trail.enter(level: 3, text: "Decree No. (43)")
        trail.enter(level: 5, text: "Average Rental Value")
        trail.enter(level: 5, text: "Article (3)")
        #expect(trail.path == ["Decree No. (43)", "Average Rental Value, Article (3)"])
        trail.passText()
        trail.enter(level: 5, text: "Article (4)")
        #expect(trail.path == ["Decree No. (43)", "Article (4)"])
    }

    @Test func pagesAreNeverCrossed() throws {
        let passages = split(try document([(.paragraph, "Page one.", 1), (.paragraph, "Page two.", 2)]))
        #expect(passages.map(\.page) == [1, 2] && passages.map(\.text) == ["Page one.", "Page two."])
    }

    @Test func tableRowsCarryTheirHeader() throws {
        var settings = SplitSettings()
        settings.targetTokens = 8
        let passages = split(
            try document([
                (.tableRow(isHeader: true), "Item | Fee", 1), (.tableRow(isHeader: false), "Cleaning | AED 90", 1),
                (.tableRow(isHeader: false), "Security | AED 240", 1),
                (.tableRow(isHeader: false), "Cooling | AED 5", 1),
            ]), settings)
        #expect(passages.count == 2 && passages.allSatisfy { $0.kind == .table })
        #expect(passages.last?.context == "Item | Fee" && passages.first?.context == "")
    }

    @Test func eachRecordIsAPassage() throws {
        let document = try Extractor().extract(path: Support.fixture("listings.csv"))
        let passages = split(document)
        #expect(passages.map(\.rows) == [1...1, 2...2, 3...3, 4...4])
        #expect(passages.allSatisfy { $0.kind == .record })
    }

    @Test func contextIsCutToItsCeiling() throws {
        var settings = SplitSettings()
        settings.maximumContextTokens = 4
        let passages = split(
            try document(
                [
                    (.heading(level: 1), "A very long outermost heading indeed", 1), (.heading(level: 2), "Inner", 1),
                    (.paragraph, "Text.", 1), (.paragraph, "More.", 2),
                ], title: "Guide"), settings)
        #expect(passages.last?.context == "Guide › Inner")
    }

    /// Text equals slice, nothing is lost, ceilings hold, pages are not crossed: on random documents.
    @Test func properties() throws {
        let words = [
            "rent", "AED", "1,200.50", "No.", "(26)", "tenant", "e.g.", "supercalifragilisticexpialidocious", "دبي",
            "end.", "why?", "🏠", "漢字。", "\n", "• item", "U.A.E.",
        ]
        for seed in UInt64(1)...120 {
            var generator = SeededGenerator(seed: seed)
            var settings = SplitSettings()
            settings.maximumTokens = Int.random(in: 1...60, using: &generator)
            settings.maximumContextTokens = Int.random(in: 0...20, using: &generator)
            settings.windowTokens =
                settings.maximumTokens + settings.maximumContextTokens + Int.random(in: 0...10, using: &generator)
            settings.targetTokens = Int.random(in: 1...60, using: &generator)
            settings.overlapSentences = Int.random(in: 0...2, using: &generator)
            settings.maximumCharacters = Int.random(in: 1...400, using: &generator)
            var page = 1
            var blocks: [(Block.Kind, String, Int?)] = []
            for _ in 0..<Int.random(in: 1...25, using: &generator) {
                if Int.random(in: 0..<6, using: &generator) == 0 { page += 1 }
                let kinds: [Block.Kind] = [
                    .heading(level: Int.random(in: 1...3, using: &generator)), .paragraph, .paragraph, .listItem,
                    .tableRow(isHeader: false), .tableRow(isHeader: true), .csvRow,
                ]
                let count = Int.random(in: 1...60, using: &generator)
                let text = (0..<count).map { _ in words.randomElement(using: &generator) ?? "x" }
                    .joined(separator: seed % 7 == 0 ? "" : " ")
                blocks.append((kinds.randomElement(using: &generator) ?? .paragraph, text, page))
            }
            let document = try document(blocks, title: seed % 2 == 0 ? "Title" : nil)
            try check(split(document, settings), of: document, settings, "seed \(seed)")
        }
    }

    private func check(
        _ passages: [Passage], of document: ExtractedDocument, _ settings: SplitSettings, _ comment: Comment
    ) throws {
        let scalars = Array(document.text.unicodeScalars)
        var covered = [Bool](repeating: false, count: scalars.count)
        for passage in passages {
            #expect(
                Array(passage.text.unicodeScalars) == Array(scalars[passage.span.start..<passage.span.end]), comment)
            let tokens = tokenOffsets(passage.text).count
            #expect(tokens == passage.tokenCount, comment)
            let room =
                passage.kind == .record
                ? settings.windowTokens - tokenOffsets(passage.context).count : settings.maximumTokens
            #expect(tokens <= room || passage.span.count == 1, comment)
            #expect(passage.span.count <= settings.maximumCharacters, comment)
            #expect(tokenOffsets(passage.context).count <= settings.maximumContextTokens, comment)
            for index in passage.span.start..<passage.span.end { covered[index] = true }
            let touched = document.blocks.filter { $0.span.overlaps(passage.span) }
            #expect(Set(touched.map(\.page)) == [passage.page], comment)
        }
        for (index, scalar) in scalars.enumerated() where !scalar.properties.isWhitespace {
            #expect(covered[index], "scalar \(index) is in no passage, \(comment)")
            if !covered[index] { return }
        }
        #expect(passages.map(\.span.start) == passages.map(\.span.start).sorted(), comment)
    }

    @Test(arguments: ["report.pdf", "columns.pdf", "handbook.docx", "listings.csv", "utf16.csv"])
    func propertiesOfRealFiles(name: String) throws {
        let document = try Extractor().extract(path: Support.fixture(name))
        for tokens in [3, 20, 200] {
            var settings = SplitSettings()
            settings.maximumTokens = tokens
            try check(split(document, settings), of: document, settings, "\(name), \(tokens) tokens")
        }
    }

    /// A tokenizer may count a joined text higher than its parts, and its offsets may make no sense.
    @Test func oddTokenizersAreSurvived() throws {
        let document = try document([(.paragraph, (1...40).map { "Sentence \($0) here." }.joined(separator: " "), 1)])
        var settings = SplitSettings()
        settings.maximumTokens = 20
        let superadditive = PassageSplitter(settings: settings) { text in
            let count = text.unicodeScalars.count
            return Array(repeating: 0..<1, count: count * count / 100)
        }
        for passage in superadditive.split(document) {
            let count = passage.text.unicodeScalars.count
            #expect(count * count / 100 <= 20)
        }
        let nonsense = PassageSplitter(settings: settings) { _ in Array(repeating: -5..<900_000, count: 50) }
        #expect(!nonsense.split(document).isEmpty)
    }
}
