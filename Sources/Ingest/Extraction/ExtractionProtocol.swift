/// What the worker says to the server: frames over a pipe, one direction only.
///
///     frame   = length:u32  type:u8  payload        length counts type and payload; all numbers little endian
///     stream  = hello  (progress | text | block | page | warning)*  (summary done | failure)
///
/// | type | payload |
/// | --- | --- |
/// | 1 hello | magic `PPX1`, version:u16 |
/// | 2 progress | done:i64, total:i64 (-1: not known) |
/// | 3 text | a piece of the document's UTF-8; a piece may end inside a character |
/// | 4 block | kind:u8, level:u8, start:i64, end:i64, page:i64, row:i64, table:i64 (-1: none), hasBox:u8, 4 × f64 |
/// | 5 page | number:i64, width:f64, height:f64, characters:i64 |
/// | 6 warning | kind:str, detail:str (str = count:u32 and UTF-8) |
/// | 7 summary | format:str, state:str, hasTitle:u8, title:str, pages:i64, rows:i64, columns:u32 × str, ragged:i64, u32 × i64 |
/// | 8 done | UTF-8 bytes:i64, blocks:i64, peak memory in bytes:i64 |
/// | 9 failure | code:str, number:i64, number:i64, text:str, text:str |
///
/// The worker parses files from strangers, so its output is as untrusted as the file: each length is checked against
/// a ceiling before a byte of it is kept, each number against its range, and the end against the counts in `done`.
enum ExtractionFrame: Equatable {
    case hello(version: UInt16)
    case progress(ExtractionProgress)
    case text([UInt8])
    case block(Block)
    case page(PageStatistics)
    case warning(Warning)
    case summary(ExtractionSummary)
    case done(textBytes: Int, blocks: Int, peakMemoryBytes: Int)
    case failure(IngestError)

    static let version: UInt16 = 1
    static let magic: [UInt8] = Array("PPX1".utf8)
}

/// The single-valued facts of a document.
struct ExtractionSummary: Equatable {
    var format: DocumentFormat
    var state: ExtractedDocument.State
    var title: String?
    var pageCount: Int
    var rowCount: Int
    var columns: [String]
    var raggedRowCount: Int
    var firstRaggedRows: [Int]
}

/// Ceilings of the stream.
enum ExtractionProtocolLimits {
    /// Text is sent in pieces of 64 KiB; the largest other frame is a summary with 200 column names.
    static let frameBytes = 4 << 20
    /// Four bytes for each of the 20 million scalars that a document may have, and the blocks.
    static let streamBytes = 256 << 20
    static let blocks = 2_000_000
    static let pages = 100_000
    static let warnings = 10_000
    /// Bytes of a title, column name or sentence.
    static let stringBytes = 1 << 18
}

/// A stream that no honest worker writes.
struct ExtractionProtocolError: Error, Equatable {
    var reason: String
}

// MARK: - Encoding

extension ExtractionFrame {
    /// The whole frame, length included.
    func encoded() -> [UInt8] {
        var writer = FrameWriter()
        switch self {
        case .hello(let version):
            writer.begin(1)
            writer.bytes += Self.magic
            writer.integer(version)
        case .progress(let progress):
            writer.begin(2)
            writer.number(progress.unitsDone)
            writer.optional(progress.unitsTotal)
        case .text(let bytes):
            writer.begin(3)
            writer.bytes += bytes
        case .block(let block):
            writer.begin(4)
            writer.block(block)
        case .page(let page):
            writer.begin(5)
            writer.number(page.page)
            writer.double(page.widthPoints)
            writer.double(page.heightPoints)
            writer.number(page.characters)
        case .warning(let warning):
            writer.begin(6)
            writer.string(warning.kind.rawValue)
            writer.string(warning.detail)
        case .summary(let summary):
            writer.begin(7)
            writer.summary(summary)
        case .done(let textBytes, let blocks, let peakMemoryBytes):
            writer.begin(8)
            writer.number(textBytes)
            writer.number(blocks)
            writer.number(peakMemoryBytes)
        case .failure(let error):
            writer.begin(9)
            writer.failure(WireError(error))
        }
        return writer.finished()
    }
}

private struct FrameWriter {
    var bytes: [UInt8] = [0, 0, 0, 0]

    mutating func begin(_ type: UInt8) { bytes.append(type) }

    mutating func integer<Number: FixedWidthInteger>(_ value: Number) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    mutating func number(_ value: Int) { integer(Int64(value)) }
    mutating func optional(_ value: Int?) { number(value ?? -1) }
    mutating func double(_ value: Double) { integer(value.bitPattern) }

    mutating func string(_ value: String) {
        let clipped = Array(value.utf8.prefix(ExtractionProtocolLimits.stringBytes))
        integer(UInt32(clipped.count))
        bytes += clipped
    }

    mutating func block(_ block: Block) {
        let kind: (UInt8, Int) =
            switch block.kind {
            case .heading(let level): (0, level)
            case .paragraph: (1, 0)
            case .listItem: (2, 0)
            case .tableRow(let isHeader): (3, isHeader ? 1 : 0)
            case .csvRow: (4, 0)
            }
        bytes.append(kind.0)
        bytes.append(UInt8(clamping: kind.1))
        number(block.span.start)
        number(block.span.end)
        optional(block.page)
        optional(block.row)
        optional(block.table)
        bytes.append(block.box == nil ? 0 : 1)
        let box = block.box ?? PageBox(x: 0, y: 0, width: 0, height: 0)
        for value in [box.x, box.y, box.width, box.height] { double(value) }
    }

    mutating func summary(_ summary: ExtractionSummary) {
        string(summary.format.rawValue)
        string(summary.state.rawValue)
        bytes.append(summary.title == nil ? 0 : 1)
        string(summary.title ?? "")
        number(summary.pageCount)
        number(summary.rowCount)
        integer(UInt32(clamping: summary.columns.count))
        for column in summary.columns { string(column) }
        number(summary.raggedRowCount)
        integer(UInt32(clamping: summary.firstRaggedRows.count))
        for row in summary.firstRaggedRows { number(row) }
    }

    mutating func failure(_ error: WireError) {
        string(error.code)
        number(error.numbers.0)
        number(error.numbers.1)
        string(error.texts.0)
        string(error.texts.1)
    }

    mutating func finished() -> [UInt8] {
        let length = UInt32(bytes.count - 4)
        for shift in 0..<4 { bytes[shift] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(shift))) }
        return bytes
    }
}

// MARK: - Decoding

/// Cuts a stream of bytes into frames. Holds at most one frame of `ExtractionProtocolLimits.frameBytes`.
struct ExtractionFrameDecoder {
    private var buffer: [UInt8] = []
    private var start = 0
    private var received = 0

    /// Adds what came from the pipe.
    mutating func push(_ bytes: ArraySlice<UInt8>) throws(ExtractionProtocolError) {
        received += bytes.count
        guard received <= ExtractionProtocolLimits.streamBytes else {
            throw ExtractionProtocolError(reason: "more than \(ExtractionProtocolLimits.streamBytes) bytes")
        }
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer += bytes
    }

    /// The next whole frame, or nil until more bytes come.
    mutating func next() throws(ExtractionProtocolError) -> ExtractionFrame? {
        guard buffer.count - start >= 4 else { return nil }
        var length = 0
        for index in 0..<4 { length |= Int(buffer[start + index]) << (8 * index) }
        guard length >= 1, length <= ExtractionProtocolLimits.frameBytes else {
            throw ExtractionProtocolError(reason: "a frame of \(length) bytes")
        }
        guard buffer.count - start - 4 >= length else { return nil }
        let payload = buffer[(start + 4)..<(start + 4 + length)]
        start += 4 + length
        return try Self.decode(payload)
    }

    /// True when bytes of an unfinished frame are left.
    var hasRemainder: Bool { buffer.count > start }

    private static func decode(_ payload: ArraySlice<UInt8>) throws(ExtractionProtocolError) -> ExtractionFrame {
        var reader = FrameReader(bytes: payload)
        let type = try reader.byte()
        let frame: ExtractionFrame
        switch type {
        case 1:
            guard try reader.take(4).elementsEqual(ExtractionFrame.magic) else {
                throw ExtractionProtocolError(reason: "wrong magic")
            }
            frame = .hello(version: UInt16(truncatingIfNeeded: try reader.unsigned(bytes: 2)))
        case 2:
            frame = .progress(
                ExtractionProgress(unitsDone: try reader.count(), unitsTotal: try reader.optionalCount()))
        case 3: frame = .text(Array(try reader.takeRest()))
        case 4: frame = .block(try reader.block())
        case 5:
            frame = .page(
                PageStatistics(
                    page: try reader.count(), widthPoints: try reader.double(), heightPoints: try reader.double(),
                    characters: try reader.count()))
        case 6:
            guard let kind = Warning.Kind(rawValue: try reader.string()) else {
                throw ExtractionProtocolError(reason: "an unknown warning")
            }
            frame = .warning(Warning(kind, try reader.string()))
        case 7: frame = .summary(try reader.summary())
        case 8:
            frame = .done(
                textBytes: try reader.count(), blocks: try reader.count(), peakMemoryBytes: try reader.count())
        case 9:
            let wire = WireError(
                code: try reader.string(), numbers: (try reader.signed(), try reader.signed()),
                texts: (try reader.string(), try reader.string()))
            guard let error = wire.error else { throw ExtractionProtocolError(reason: "an unknown failure") }
            frame = .failure(error)
        default: throw ExtractionProtocolError(reason: "a frame of type \(type)")
        }
        guard reader.isAtEnd else { throw ExtractionProtocolError(reason: "a frame of type \(type) is too long") }
        return frame
    }
}

/// Reads the payload of one frame; each read checks that the bytes are there.
private struct FrameReader {
    private var bytes: ArraySlice<UInt8>

    init(bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func take(_ count: Int) throws(ExtractionProtocolError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count else { throw ExtractionProtocolError(reason: "a frame is too short") }
        let taken = bytes.prefix(count)
        bytes = bytes.dropFirst(count)
        return taken
    }

    mutating func takeRest() throws(ExtractionProtocolError) -> ArraySlice<UInt8> { try take(bytes.count) }

    mutating func unsigned(bytes count: Int) throws(ExtractionProtocolError) -> UInt64 {
        var value: UInt64 = 0
        for (index, byte) in try take(count).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
        return value
    }

    mutating func byte() throws(ExtractionProtocolError) -> UInt8 {
        UInt8(truncatingIfNeeded: try unsigned(bytes: 1))
    }

    mutating func signed() throws(ExtractionProtocolError) -> Int {
        Int(Int64(bitPattern: try unsigned(bytes: 8)))
    }

    mutating func count() throws(ExtractionProtocolError) -> Int {
        let value = try signed()
        guard value >= 0, value <= 1 << 40 else { throw ExtractionProtocolError(reason: "the number \(value)") }
        return value
    }

    mutating func optionalCount() throws(ExtractionProtocolError) -> Int? {
        let value = try signed()
        if value == -1 { return nil }
        guard value >= 0, value <= 1 << 40 else { throw ExtractionProtocolError(reason: "the number \(value)") }
        return value
    }

    mutating func double() throws(ExtractionProtocolError) -> Double {
        let value = Double(bitPattern: try unsigned(bytes: 8))
        guard value.isFinite else { throw ExtractionProtocolError(reason: "a number that is not finite") }
        return value
    }

    mutating func string() throws(ExtractionProtocolError) -> String {
        let count = Int(try unsigned(bytes: 4))
        guard count <= ExtractionProtocolLimits.stringBytes else {
            throw ExtractionProtocolError(reason: "a string of \(count) bytes")
        }
        return String(decoding: try take(count), as: UTF8.self)
    }

    mutating func block() throws(ExtractionProtocolError) -> Block {
        let type = try byte()
        let level = try byte()
        let kind: Block.Kind
        switch (type, level) {
        case (0, 1...9): kind = .heading(level: Int(level))
        case (1, _): kind = .paragraph
        case (2, _): kind = .listItem
        case (3, _): kind = .tableRow(isHeader: level == 1)
        case (4, _): kind = .csvRow
        default: throw ExtractionProtocolError(reason: "a block of type \(type), level \(level)")
        }
        guard let span = TextSpan(untrustedStart: try count(), end: try count()) else {
            throw ExtractionProtocolError(reason: "a span that is not ordered")
        }
        let page = try optionalCount()
        let row = try optionalCount()
        let table = try optionalCount()
        let hasBox = try byte() == 1
        let box = PageBox(x: try double(), y: try double(), width: try double(), height: try double())
        return Block(kind: kind, span: span, page: page, box: hasBox ? box : nil, row: row, table: table)
    }

    mutating func summary() throws(ExtractionProtocolError) -> ExtractionSummary {
        guard let format = DocumentFormat(rawValue: try string()),
            let state = ExtractedDocument.State(rawValue: try string())
        else { throw ExtractionProtocolError(reason: "an unknown format or state") }
        let hasTitle = try byte() == 1
        let title = try string()
        let pages = try count()
        let rows = try count()
        var columns: [String] = []
        for _ in 0..<(try unsigned(bytes: 4)) { columns.append(try string()) }
        let ragged = try count()
        var firstRagged: [Int] = []
        for _ in 0..<(try unsigned(bytes: 4)) { firstRagged.append(try count()) }
        return ExtractionSummary(
            format: format, state: state, title: hasTitle ? title : nil, pageCount: pages, rowCount: rows,
            columns: columns, raggedRowCount: ragged, firstRaggedRows: firstRagged)
    }
}

/// An error as it travels: its code with the payload in fixed places.
private struct WireError {
    var code: String
    var numbers: (Int, Int) = (0, 0)
    var texts: (String, String) = ("", "")

    init(code: String, numbers: (Int, Int), texts: (String, String)) {
        self.code = code
        self.numbers = numbers
        self.texts = texts
    }

    init(_ error: IngestError) {
        code = error.code
        switch error {
        case .emptyFile, .encrypted, .emptyText, .cancelled: break
        case .unsupportedMediaType(let text), .malformedFile(let text), .archiveBomb(let text),
            .workerCrashed(let text), .unreadable(let text):
            texts.0 = text
        case .extensionMismatch(let name, let found): texts = (name, found)
        case .fileTooLarge(let count, let limit), .tooManyPages(let count, let limit),
            .tooManyColumns(let count, let limit):
            numbers = (count, limit)
        case .tooManyRows(let limit), .tooMuchText(let limit), .timeout(let limit), .outOfMemory(let limit):
            numbers.0 = limit
        }
    }

    var error: IngestError? {
        switch code {
        case "empty_file": .emptyFile
        case "payload_too_large": .fileTooLarge(sizeBytes: numbers.0, limitBytes: numbers.1)
        case "unsupported_media_type": .unsupportedMediaType(found: texts.0)
        case "extension_mismatch": .extensionMismatch(name: texts.0, found: texts.1)
        case "encrypted": .encrypted
        case "malformed_file": .malformedFile(reason: texts.0)
        case "empty_text": .emptyText
        case "too_many_pages": .tooManyPages(count: numbers.0, limit: numbers.1)
        case "too_many_rows": .tooManyRows(limit: numbers.0)
        case "too_many_columns": .tooManyColumns(count: numbers.0, limit: numbers.1)
        case "too_much_text": .tooMuchText(limit: numbers.0)
        case "archive_bomb": .archiveBomb(reason: texts.0)
        case "timeout": .timeout(seconds: numbers.0)
        case "out_of_memory": .outOfMemory(limitBytes: numbers.0)
        case "worker_crashed": .workerCrashed(reason: texts.0)
        case "cancelled": .cancelled
        case "unreadable_file": .unreadable(reason: texts.0)
        default: nil
        }
    }
}
