/// Splits delimited text into records (RFC 4180), one at a time.
///
/// More lenient than the RFC where real files are: any of CRLF, LF, CR ends a record, any ASCII delimiter, a quote
/// inside an unquoted field is a plain character, and text after a closing quote is kept. Empty lines are skipped.
struct CSVParser {
    /// Fields of the record that `next` read last.
    private(set) var fields: [String] = []
    /// The file ended inside a quoted field.
    private(set) var endedInsideQuotes = false
    /// Cells that were cut to the ceiling.
    private(set) var truncatedCells = 0

    private let bytes: [UInt8]
    private let delimiter: UInt8
    private let limits: IngestLimits
    private var position = 0

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// - Parameter bytes: valid UTF-8.
    init(bytes: [UInt8], delimiter: UInt8, limits: IngestLimits) {
        self.bytes = bytes
        self.delimiter = delimiter
        self.limits = limits
    }

    /// Reads the next record into `fields`.
    ///
    /// - Returns: false at the end of the text.
    /// - Throws: `.tooManyColumns`; `.tooMuchText` when a single cell is longer than a whole document may be.
    mutating func next() throws(IngestError) -> Bool {
        while position < bytes.count, isLineEnd(bytes[position]) { position += 1 }
        guard position < bytes.count else { return false }
        fields.removeAll(keepingCapacity: true)
        while true {
            guard fields.count < limits.maximumColumns else {
                throw .tooManyColumns(count: fields.count + 1, limit: limits.maximumColumns)
            }
            fields.append(bytes[position...].first == Self.quote ? try quotedField() : try plainField())
            guard position < bytes.count else { return true }
            let ending = bytes[position]
            position += 1
            if ending == delimiter {
                if position == bytes.count {
                    fields.append("")
                    return true
                }
                continue
            }
            if ending == Self.carriageReturn, position < bytes.count, bytes[position] == Self.lineFeed { position += 1 }
            return true
        }
    }

    private func isLineEnd(_ byte: UInt8) -> Bool { byte == Self.lineFeed || byte == Self.carriageReturn }

    private func isFieldEnd(_ byte: UInt8) -> Bool { byte == delimiter || isLineEnd(byte) }

    private mutating func plainField() throws(IngestError) -> String {
        let start = position
        while position < bytes.count, !isFieldEnd(bytes[position]) { position += 1 }
        return try cell(bytes[start..<position])
    }

    private mutating func quotedField() throws(IngestError) -> String {
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != Self.quote { position += 1 }
        // Most quoted fields hold no quote: no copy is made for them.
        if position + 1 < bytes.count, isFieldEnd(bytes[position + 1]) {
            position += 1
            return try cell(bytes[start..<(position - 1)])
        }
        var content = Array(bytes[start..<position])
        while position < bytes.count {
            position += 1
            if position < bytes.count, bytes[position] == Self.quote {
                content.append(Self.quote)
                position += 1
            } else {
                // After the closing quote: what stands before the delimiter belongs to the cell.
                while position < bytes.count, !isFieldEnd(bytes[position]) {
                    content.append(bytes[position])
                    position += 1
                }
                return try cell(content[...])
            }
            let next = position
            while position < bytes.count, bytes[position] != Self.quote { position += 1 }
            content += bytes[next..<position]
        }
        endedInsideQuotes = true
        return try cell(content[...])
    }

    private mutating func cell(_ content: ArraySlice<UInt8>) throws(IngestError) -> String {
        guard content.count > limits.maximumCellCharacters else { return String(decoding: content, as: UTF8.self) }
        // A scalar has at most four bytes; the exact count comes after the cheap test.
        guard content.count <= limits.maximumCharacters * 4 else { throw .tooMuchText(limit: limits.maximumCharacters) }
        let text = String(decoding: content, as: UTF8.self)
        let count = text.unicodeScalars.count
        guard count <= limits.maximumCharacters else { throw .tooMuchText(limit: limits.maximumCharacters) }
        guard count > limits.maximumCellCharacters else { return text }
        truncatedCells += 1
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limits.maximumCellCharacters)))
    }
}
