import TestSupport
import Testing

@testable import Ingest

@Suite struct ExtractionProtocolTests {
    static let errors: [IngestError] = [
        .emptyFile, .fileTooLarge(sizeBytes: 3, limitBytes: 2), .unsupportedMediaType(found: "x"),
        .extensionMismatch(name: "pdf", found: "DOCX"), .encrypted, .malformedFile(reason: "é"), .emptyText,
        .tooManyPages(count: 5, limit: 4), .tooManyRows(limit: 7), .tooManyColumns(count: 9, limit: 8),
        .tooMuchText(limit: 1), .archiveBomb(reason: "big"), .timeout(seconds: 3), .outOfMemory(limitBytes: 1 << 30),
        .workerCrashed(reason: "signal"), .cancelled, .unreadable(reason: "gone"),
    ]

    static let frames: [ExtractionFrame] =
        [
            .hello(version: 1), .progress(ExtractionProgress(unitsDone: 3)),
            .progress(ExtractionProgress(unitsDone: 3, unitsTotal: 9)), .text(Array("añ".utf8)), .text([]),
            .block(Block(kind: .heading(level: 9), span: TextSpan(1, 4), page: 2)),
            .block(
                Block(
                    kind: .tableRow(isHeader: true), span: TextSpan(0, 0),
                    box: PageBox(x: 1.5, y: -2, width: 0, height: 9), table: 4)),
            .block(Block(kind: .csvRow, span: TextSpan(5, 6), row: 77)),
            .page(PageStatistics(page: 1, widthPoints: 595.2, heightPoints: 842, characters: 12)),
            .warning(Warning(.truncatedCells, "why")),
            .summary(
                ExtractionSummary(
                    format: .csv, state: .text, title: nil, pageCount: 0, rowCount: 4, columns: ["a", ""],
                    raggedRowCount: 2, firstRaggedRows: [1, 4])),
            .summary(
                ExtractionSummary(
                    format: .pdf, state: .needsOCR, title: "", pageCount: 3, rowCount: 0, columns: [],
                    raggedRowCount: 0, firstRaggedRows: [])),
            .done(textBytes: 3, blocks: 2, peakMemoryBytes: 9),
        ] + errors.map { .failure($0) }

    @Test func everyFrameComesBack() throws {
        var decoder = ExtractionFrameDecoder()
        // One byte at a time: frames arrive in any pieces.
        var decoded: [ExtractionFrame] = []
        for byte in Self.frames.flatMap({ $0.encoded() }) {
            try decoder.push([byte])
            while let frame = try decoder.next() { decoded.append(frame) }
        }
        #expect(decoded == Self.frames)
        #expect(!decoder.hasRemainder)
    }

    @Test func codesAreDistinctAndErrorsSayWhatToDo() {
        #expect(Set(Self.errors.map(\.code)).count == Self.errors.count)
        for error in Self.errors { #expect(error.description.hasSuffix("."), "\(error)") }
    }

    @Test(
        arguments: [
            [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [1, 0, 0, 0, 99], [2, 0, 0, 0, 1, 0], [1, 0, 0, 0, 4],
            [9, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8], [5, 0, 0, 0, 6, 255, 255, 255, 255],
        ] as [[UInt8]])
    func hostileFramesAreRefused(bytes: [UInt8]) {
        #expect(throws: ExtractionProtocolError.self) {
            var decoder = ExtractionFrameDecoder()
            try decoder.push(bytes[...])
            _ = try decoder.next()
        }
    }

    @Test func randomBytesNeverTrap() {
        var refused = 0
        for seed in UInt64(1)...3_000 {
            var generator = SeededGenerator(seed: seed)
            // Half of the streams are valid frames with a few bytes changed.
            var bytes =
                seed % 2 == 0 ? Self.frames.shuffled(using: &generator).prefix(4).flatMap { $0.encoded() } : []
            for _ in 0..<(seed % 2 == 0 ? 3 : 64) {
                let byte = UInt8.random(in: 0...255, using: &generator)
                if bytes.isEmpty || seed % 2 == 1 {
                    bytes.append(byte)
                } else {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = byte
                }
            }
            var decoder = ExtractionFrameDecoder()
            var assembler = DocumentAssembler()
            do throws(ExtractionProtocolError) {
                try assembler.accept(.hello(version: ExtractionFrame.version)) { _ in }
                try decoder.push(bytes[...])
                while let frame = try decoder.next() { try assembler.accept(frame) { _ in } }
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1_000)
    }
}

@Suite struct DocumentAssemblerTests {
    private func outcome(_ frames: [ExtractionFrame]) throws -> DocumentAssembler.Outcome? {
        var assembler = DocumentAssembler()
        for frame in frames { try assembler.accept(frame) { _ in } }
        return assembler.outcome
    }

    private let hello = ExtractionFrame.hello(version: ExtractionFrame.version)
    private let summary = ExtractionFrame.summary(
        ExtractionSummary(
            format: .pdf, state: .text, title: nil, pageCount: 1, rowCount: 0, columns: [], raggedRowCount: 0,
            firstRaggedRows: []))

    private func block(_ start: Int, _ end: Int, page: Int? = 1, row: Int? = nil) -> ExtractionFrame {
        .block(Block(kind: .paragraph, span: TextSpan(start, end), page: page, row: row))
    }

    @Test func aWholeStreamIsADocument() throws {
        let frames: [ExtractionFrame] = [
            hello, .text([0xD8]), .text([0xAF]), block(0, 1), summary,
            .done(textBytes: 2, blocks: 1, peakMemoryBytes: 0),
        ]
        guard case .document(let document) = try outcome(frames) else {
            Issue.record("no document")
            return
        }
        #expect(document.text == "د" && document.blocks.count == 1)
    }

    @Test func liesAreRefused() {
        let done = ExtractionFrame.done(textBytes: 1, blocks: 1, peakMemoryBytes: 0)
        let lies: [[ExtractionFrame]] = [
            [.text([65])], [.hello(version: 9)], [hello, hello], [hello, summary, summary],
            [hello, .text([65]), block(0, 1), done], [hello, .text([65]), block(0, 2), summary, done],
            [hello, .text([0xFF]), block(0, 1), summary, done], [hello, .text([65]), summary, done],
            [hello, block(0, 3), block(2, 4)], [hello, .text([65]), block(0, 1, page: 2), summary, done],
            [hello, .text([65]), block(0, 1, page: 0), summary, done],
            [hello, .text([65]), block(0, 1, row: 1), summary, done],
            [hello, .failure(.encrypted), .text([65])],
            [hello, .page(PageStatistics(page: 2, widthPoints: 1, heightPoints: 1, characters: 0))],
        ]
        for (index, frames) in lies.enumerated() {
            #expect(throws: ExtractionProtocolError.self, "lie \(index)") { try outcome(frames) }
        }
    }
}
