import TestSupport
import Testing

@testable import Ingest

@Suite struct FormatSnifferTests {
    @Test(arguments: [
        ("%PDF-1.7 …", "pdf", "pdf"), ("junk first\n%PDF-1.4", "PDF", "pdf"), ("a,b\n1,2", "csv", "csv"),
        ("a\tb\n", "tsv", "csv"), ("a,b", "", "csv"), ("a,b", "pdf", "extension_mismatch"),
        ("%PDF-1.7", "csv", "extension_mismatch"), ("%PDF-1.7", "doc", "extension_mismatch"),
        ("words", "txt", "unsupported_media_type"), ("<!DOCTYPE html><p>", "csv", "unsupported_media_type"),
        ("<?xml version='1.0'?>", "csv", "unsupported_media_type"), ("{\\rtf1}", "docx", "unsupported_media_type"),
        ("GIF89a", "csv", "unsupported_media_type"), ("", "csv", "empty_file"), ("PK\u{3}\u{4}", "docx", "docx"),
        ("PK\u{3}\u{4}", "zip", "unsupported_media_type"),
    ])
    func table(content: String, fileExtension: String, expected: String) {
        var found = ""
        let error = code {
            found = try FormatSniffer.format(of: Array(content.utf8), fileExtension: fileExtension).rawValue
        }
        #expect((error == "ok" ? found : error) == expected)
    }

    @Test func extensionsOfNames() {
        #expect(FormatSniffer.fileExtension(ofName: "a/b.c/Report.PDF") == "pdf")
        #expect(FormatSniffer.fileExtension(ofName: "a.b/report") == nil)
        #expect(FormatSniffer.fileExtension(ofName: ".csv") == nil)
        #expect(FormatSniffer.fileExtension(ofName: "") == nil)
        #expect(FormatSniffer.fileExtension(ofName: "x.") == nil)
    }

    @Test func anyBytesGetAnAnswer() {
        let heads: [[UInt8]] = [[], Array("PK\u{3}\u{4}".utf8), Array("%PDF-".utf8), [0xFF, 0xFE]]
        for seed in UInt64(1)...300 {
            var generator = SeededGenerator(seed: seed)
            var bytes = heads[Int(seed) % heads.count]
            for _ in 0..<Int.random(in: 0...200, using: &generator) {
                bytes.append(UInt8.random(in: 0...255, using: &generator))
            }
            // An end record whose offsets point anywhere.
            if seed % 3 == 0 {
                bytes += [0x50, 0x4B, 0x05, 0x06]
                for _ in 0..<18 { bytes.append(UInt8.random(in: 0...255, using: &generator)) }
            }
            let answer = code { _ = try FormatSniffer.format(of: bytes, fileExtension: "docx") }
            let allowed = ["ok", "empty_file", "unsupported_media_type", "extension_mismatch"]
            #expect(allowed.contains(answer), "seed \(seed): \(answer)")
        }
    }
}
