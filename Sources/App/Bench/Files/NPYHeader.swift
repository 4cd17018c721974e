/// The header of a NumPy file: magic, version, length, then a Python dictionary with `descr`, `fortran_order`, `shape`.
///
/// Source: the module documentation of `numpy.lib.format`. Of Python only what this dictionary needs is understood:
/// quoted strings, True and False, and a tuple of two non-negative integers.
struct NPYHeader: Equatable {
    let rows: Int
    let columns: Int
    let element: MatrixFile.Element
    /// Where the elements begin.
    let sizeBytes: Int

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// Longer dictionaries come from record types, which are of no use here.
    static let dictionaryLimitBytes = 10_000
    /// Enough for any row count that fits a disk, and for no overflow.
    private static let digitsLimit = 15

    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(MatrixFileError) {
        guard bytes.count >= 8, bytes.prefix(6).elementsEqual(Self.magic) else {
            throw .malformedHeader(
                path: path, offset: 0, expected: "the magic bytes of NumPy",
                found: bytes.isEmpty ? "an empty file" : "other bytes")
        }
        let version = bytes[6]
        guard version == 1 || version == 2 else {
            throw .malformedHeader(
                path: path, offset: 6, expected: "format version 1.0 or 2.0", found: "\(version).\(bytes[7])")
        }
        let start = version == 1 ? 10 : 12
        guard bytes.count >= start else {
            throw .malformedHeader(path: path, offset: 8, expected: "the header's length", found: "the end of the file")
        }
        let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= Self.dictionaryLimitBytes, start + length <= bytes.count else {
            throw .malformedHeader(
                path: path, offset: 8, expected: "a header of at most \(Self.dictionaryLimitBytes) bytes in the file",
                found: "a length of \(length) in a file of \(bytes.count) bytes")
        }
        var parser = Parser(text: Array(bytes[start..<(start + length)]), offset: start, path: path)
        let dictionary = try parser.dictionary()
        guard let element = MatrixFile.Element(rawValue: dictionary.descr) else {
            let found = dictionary.descr.prefix(Parser.quotedBytes).debugDescription
            throw .wrongElement(path: path, expected: "<f4, <i4 or <i8", found: found)
        }
        guard !dictionary.fortranOrder else { throw .fortranOrder(path: path) }
        guard dictionary.shape.count == 2 else {
            throw .malformedHeader(
                path: path, offset: start, expected: "a shape of two dimensions", found: "\(dictionary.shape.count)")
        }
        (rows, columns) = (dictionary.shape[0], dictionary.shape[1])
        self.element = element
        sizeBytes = start + length
    }

    private struct Dictionary {
        let descr: String
        let fortranOrder: Bool
        let shape: [Int]
    }

    private struct Parser {
        let text: [UInt8]
        /// Of the first byte of `text` in the file.
        let offset: Int
        let path: String
        private var position = 0
        static let quotedBytes = 24

        init(text: [UInt8], offset: Int, path: String) {
            (self.text, self.offset, self.path) = (text, offset, path)
        }

        mutating func dictionary() throws(MatrixFileError) -> Dictionary {
            var descr: String?
            var order: Bool?
            var shape: [Int]?
            try expect("{")
            while !skip("}") {
                let start = position
                let name = try string()
                try expect(":")
                switch name {
                case "descr" where descr == nil: descr = try string()
                case "fortran_order" where order == nil: order = try boolean()
                case "shape" where shape == nil: shape = try tuple()
                default:
                    position = start
                    throw failure("descr, fortran_order and shape, once each")
                }
                if !skip(",") {
                    try expect("}")
                    break
                }
            }
            skipSpace()
            guard position == text.count else { throw failure("nothing after the dictionary") }
            guard let descr, let order, let shape else { throw failure("descr, fortran_order and shape") }
            return Dictionary(descr: descr, fortranOrder: order, shape: shape)
        }

        private mutating func string() throws(MatrixFileError) -> String {
            skipSpace()
            guard position < text.count, text[position] == UInt8(ascii: "'") || text[position] == UInt8(ascii: "\"")
            else { throw failure("a quoted string") }
            let quote = text[position]
            let start = position + 1
            guard let end = text[start...].firstIndex(of: quote) else { throw failure("a closed string") }
            position = end + 1
            return String(decoding: text[start..<end], as: UTF8.self)
        }

        private mutating func boolean() throws(MatrixFileError) -> Bool {
            skipSpace()
            for (word, value) in [("True", true), ("False", false)] where text[position...].starts(with: word.utf8) {
                position += word.utf8.count
                return value
            }
            throw failure("True or False")
        }

        private mutating func tuple() throws(MatrixFileError) -> [Int] {
            var numbers: [Int] = []
            try expect("(")
            while !skip(")") {
                numbers.append(try integer())
                if !skip(",") {
                    try expect(")")
                    break
                }
            }
            return numbers
        }

        private mutating func integer() throws(MatrixFileError) -> Int {
            skipSpace()
            let digits = text[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard digits.count <= NPYHeader.digitsLimit, let number = Int(String(decoding: digits, as: UTF8.self))
            else { throw failure("a number of at most \(NPYHeader.digitsLimit) digits") }
            position = digits.endIndex
            return number
        }

        private mutating func skipSpace() {
            while position < text.count, text[position] == 0x20 || text[position] == 0x0A { position += 1 }
        }

        private mutating func skip(_ character: Character) -> Bool {
            skipSpace()
            guard position < text.count, text[position] == character.asciiValue else { return false }
            position += 1
            return true
        }

        private mutating func expect(_ character: Character) throws(MatrixFileError) {
            guard skip(character) else { throw failure("“\(character)”") }
        }

        private func failure(_ expected: String) -> MatrixFileError {
            // As a literal: bytes that steer a terminal are shown, not obeyed.
            let rest = String(decoding: text[position...].prefix(Self.quotedBytes), as: UTF8.self).debugDescription
            return .malformedHeader(
                path: path, offset: offset + position, expected: expected,
                found: position < text.count ? rest : "the end of the header")
        }
    }
}
