import TestSupport
import Testing

@testable import Ingest

@Suite struct CSVReaderTests {
    private func read(_ text: String) throws -> ExtractedDocument {
        try Extractor().extract(bytes: Array(text.utf8), fileExtension: "csv")
    }

    @Test func listingsAreReadAsMeant() throws {
        let document = try Extractor().extract(path: Support.fixture("listings.csv"))
        #expect(
            Support.lines(of: document) == [
                "row: ref: L-1; title: Villa \"Sidra\" 2; price, AED: 2500000; note: two lines",
                "row: ref: L-2; title: Flat",
                "row: ref: L-3; title: Loft; price, AED: 900000; note: sea; column 5: extra",
                "row: ref: L-4; title: Studio",
            ])
        #expect(document.columns == ["ref", "title", "price, AED", "note"] && document.rowCount == 4)
        #expect(document.raggedRowCount == 2 && document.firstRaggedRows == [3, 4])
        #expect(document.blocks.map(\.row) == [1, 2, 3, 4])
        Support.checkInvariants(document)
    }

    @Test func encodings() throws {
        let utf16 = try Extractor().extract(path: Support.fixture("utf16.csv"))
        #expect(utf16.text == "name: ليلى; town: دبي" && utf16.warnings.isEmpty)
        let old = try Extractor().extract(path: Support.fixture("windows1252.csv"))
        #expect(old.text == "name: Café “Nord”; fee: 5 €" && old.warnings.map(\.kind) == [.mixedEncodings])
        // One file, two encodings: what is UTF-8 stays.
        let mixed = try Extractor().extract(
            bytes: Array("n,m\né,".utf8) + [0xE9, 0x0A], fileExtension: "csv")
        #expect(mixed.text == "n: é; m: é")
    }

    @Test func delimitersAndHeaders() throws {
        let semicolons = try Extractor().extract(path: Support.fixture("semicolons.csv"))
        #expect(semicolons.text == "name: Marina; share: 0,5\nname: Deira; share: 0,25")
        let headless = try Extractor().extract(path: Support.fixture("headless.csv"))
        #expect(headless.columns == ["column 1", "column 2", "column 3"])
        #expect(try read("a\tb\n1\t2,5\n").text == "a: 1; b: 2,5")
        #expect(try read("town\nMarina\n").text == "town: Marina")
        #expect(try read("a,,c\n1,2,3\n").columns == ["column 1", "column 2", "column 3"])
        #expect(try read("a,a\nb,c\n").rowCount == 2)
    }

    @Test func longCellsAreCut() throws {
        var limits = IngestLimits.standard
        limits.maximumCellCharacters = 4
        let document = try Extractor(limits: limits).extract(
            bytes: Array("n,m\nabcdef,\"ééééé\"\n".utf8), fileExtension: "csv")
        #expect(document.text == "n: abcd; m: éééé" && document.warnings.map(\.kind) == [.truncatedCells])
    }

    /// A table of random cells, written by the rules of RFC 4180, comes back cell by cell.
    @Test func everyTableComesBack() throws {
        let alphabet = ["a", "é", "\"", ",", "\n", "\r\n", ";", " ", "د", ""]
        for seed in UInt64(1)...200 {
            var generator = SeededGenerator(seed: seed)
            let width = Int.random(in: 2...6, using: &generator)
            let table = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                (0..<width).map { _ in
                    (0..<Int.random(in: 0...6, using: &generator))
                        .map { _ in alphabet.randomElement(using: &generator) ?? "" }.joined()
                }
            }
            let text = table.map { row in
                row.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ",")
            }.joined(separator: seed % 2 == 0 ? "\r\n" : "\n")
            var parser = CSVParser(bytes: Array(text.utf8), delimiter: UInt8(ascii: ","), limits: .standard)
            var found: [[String]] = []
            while try parser.next() { found.append(parser.fields) }
            #expect(found == table, "seed \(seed)")
            #expect(!parser.endedInsideQuotes)
        }
    }

    @Test func anyBytesGetAnAnswer() {
        let alphabet: [UInt8] = Array("ab,;\t|\"\"\n\r 1".utf8) + [0xC3, 0xA9, 0xFF, 0xE2]
        for seed in UInt64(1)...400 {
            var generator = SeededGenerator(seed: seed)
            let bytes = (0..<Int.random(in: 1...300, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0x61
            }
            let outcome = code {
                Support.checkInvariants(try Extractor().extract(bytes: bytes, fileExtension: "csv"), "seed \(seed)")
            }
            #expect(["ok", "empty_text"].contains(outcome), "seed \(seed): \(outcome)")
        }
    }

    @Test func whiteSpaceCollapses() {
        #expect(" a \n\t b\u{A0}c ".collapsingWhiteSpace() == "a b c")
        #expect("a b".collapsingWhiteSpace() == "a b")
        #expect("a ".collapsingWhiteSpace() == "a")
        #expect("".collapsingWhiteSpace() == "")
    }
}
