import Foundation
import TestSupport
import Testing

@testable import Ingest

/// Files of the repository and the executables of the build, as the tests need them.
enum Support {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    static func fixture(_ name: String) -> String { tests.appending(path: "Fixtures/ingest/\(name)").path }
    static func corrupt(_ name: String) -> String { tests.appending(path: "Corrupt/ingest/\(name)").path }

    static func worker(limits: IngestLimits = .standard) throws -> ExtractionWorker {
        ExtractionWorker(executable: try #require(BuiltProgram.path), limits: limits)
    }

    /// Runs `body` with the path of a file of these bytes, removed afterwards.
    static func withFile<Result>(
        _ bytes: [UInt8], fileExtension: String, _ body: (String) throws -> Result
    ) throws -> Result {
        let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).\(fileExtension)")
        try Data(bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url.path)
    }

    /// Each block as `kind: text`.
    static func lines(of document: ExtractedDocument) -> [String] {
        let text = IndexedText(document.text)
        return document.blocks.map { block in
            let name =
                switch block.kind {
                case .heading(let level): "h\(level)"
                case .paragraph: "p"
                case .listItem: "li"
                case .tableRow(let isHeader): isHeader ? "th" : "tr"
                case .csvRow: "row"
                }
            return "\(name): \(text[block.span])"
        }
    }

    /// Blocks in order, without overlap, inside the text, and with nothing but line feeds between.
    static func checkInvariants(_ document: ExtractedDocument, _ comment: Comment? = nil) {
        let scalars = Array(document.text.unicodeScalars)
        var end = 0
        for block in document.blocks {
            #expect(block.span.start >= end && block.span.end <= scalars.count && !block.span.isEmpty, comment)
            guard block.span.start >= end, block.span.end <= scalars.count else { return }
            #expect(scalars[end..<block.span.start].allSatisfy { $0 == "\n" }, comment)
            end = block.span.end
        }
        #expect(end == scalars.count, comment)
    }
}

/// A stand-in for an encoder's tokenizer: letters and digits in pieces of at most five, other visible scalars alone.
func tokenOffsets(_ text: String) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start: Int?
    var offset = 0
    for scalar in text.unicodeScalars {
        let isWord = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        if let begin = start, !isWord || offset - begin == 5 {
            result.append(begin..<offset)
            start = nil
        }
        if isWord {
            if start == nil { start = offset }
        } else if !scalar.properties.isWhitespace {
            result.append(offset..<(offset + 1))
        }
        offset += 1
    }
    if let begin = start { result.append(begin..<offset) }
    return result
}

/// The error that `body` throws, as its contract code; "ok" when it throws none.
func code(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "ok"
    } catch let error as IngestError {
        return error.code
    } catch {
        return "unexpected \(error)"
    }
}
