import TestSupport
import Testing

@testable import Ingest

@Suite struct DOCXReaderTests {
    /// The final view of a document with changes, hidden text, fields, a nested table and a fallback drawing.
    @Test func handbookIsReadAsMeant() throws {
        let document = try Extractor().extract(path: Support.fixture("handbook.docx"))
        #expect(
            Support.lines(of: document) == [
                "h1: Agent Handbook", "h1: Viewings", "p: Confirm each viewing twice a day. Bring keys.",
                "h2: Commission", "p: Two percent & VAT.", "li: Sign the form", "li: Send the form",
                "th: Area | Fee", "tr: Marina (west) | 2 %", "tr: Deira | see inner a | inner b",
                "p: Shown once\nsecond line", "p: Joined paragraph.",
            ])
        Support.checkInvariants(document)
        #expect(document.title == "Handbook of the Brokerage")
        #expect(Set(document.warnings.map(\.kind)) == [.tablesFlattened, .partialText])
    }

    @Test func headingsAreKnownWithoutStyles() throws {
        let document = try Extractor().extract(path: Support.fixture("plain.docx"))
        #expect(Support.lines(of: document) == ["h2: Heading without styles", "p: Body text."])
    }

    @Test func tagsAreCheckedBeforeTheParser() {
        func check(_ text: String) -> String {
            var limits = IngestLimits.standard
            limits.maximumAttributes = 3
            return code { try XMLTags.check(Array(text.utf8), limits: limits) }
        }
        #expect(check("<a x='1' y=\"2\" z='>'><b/></a>") == "ok")
        #expect(check("<a x='1' y='2' z='3' w='4'/>") == "malformed_file")
        // Quotes in comments, text and CDATA are no attributes; a bracket in quotes ends no tag.
        #expect(check("<a><!-- ' ' ' ' ' > -->'''''<![CDATA[ <x ' ' ' ' '> ]]></a>") == "ok")
        #expect(check("<a x='>' y='>' z='>' w='>'/>") == "malformed_file")
        #expect(check("<!DOCTYPE a><a/>") == "malformed_file")
        #expect(check("\u{FEFF}<a/>") == "ok")
        #expect(check("L<a/>") == "malformed_file")
        #expect(check("<a") == "ok")
    }

    @Test func damagedArchivesNeverTrap() throws {
        let good = try FileDescriptor.openForReading(path: Support.fixture("handbook.docx")).readAll(
            limitBytes: 1 << 20)
        let allowed: Set = ["ok", "malformed_file", "archive_bomb", "empty_text", "unsupported_media_type"]
        for seed in UInt64(1)...150 {
            var generator = SeededGenerator(seed: seed)
            var bytes = good
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if seed % 5 == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator)) }
            let outcome = code { _ = try Extractor().extract(bytes: bytes, fileExtension: nil) }
            #expect(allowed.contains(outcome), "seed \(seed): \(outcome)")
        }
    }
}
