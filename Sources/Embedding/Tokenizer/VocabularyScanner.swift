/// Finds and reads the one large value of `tokenizer.json`: the object `model.vocab`, token to id.
///
/// A general JSON decoder takes twenty times as long for it as all else in starting a model. The rest of the file
/// stays with the general decoder, which also judges whether it is JSON at all; here only `model.vocab` is.
struct VocabularyScanner {
    struct Problem: Error, Equatable {
        var description: String
    }

    /// The file; after it, tokens that were spelled with escapes.
    private var bytes: [UInt8]
    private let count: Int
    private var position = 0

    /// - Parameter file: valid UTF-8.
    init(file: consuming [UInt8]) {
        count = file.count
        bytes = file
        bytes.reserveCapacity(count + 4096)
    }

    /// Reads the object, whose ids have to be 0, 1, 2… in any order.
    ///
    /// - Returns: its tokens, and where it lies; nil when there is none, or when the file is broken before it.
    consuming func readVocabulary() throws(Problem) -> (list: VocabularyList, object: Range<Int>)? {
        guard seek("model"), seek("vocab"), next() == UInt8(ascii: "{") else { return nil }
        let start = position
        var tokens = 0
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity((count - start) / 14)
        // Of a token that has not come yet; real ones lie behind byte 0.
        let missing = 0..<0
        try expect("{")
        while next() != UInt8(ascii: "}") {
            if tokens > 0 { try expect(",") }
            let token = try readString()
            try expect(":")
            let id = try readID()
            guard id < VocabularyList.maximumCount else { throw problem("too large an id") }
            while ranges.count <= id { ranges.append(missing) }
            guard ranges[id] == missing else { throw problem("the id \(id) a second time") }
            ranges[id] = token
            tokens += 1
        }
        try expect("}")
        guard tokens == ranges.count else {
            throw Problem(description: "model.vocab has \(tokens) tokens, but their ids go up to \(ranges.count - 1)")
        }
        var all: [UInt8] = []
        swap(&all, &bytes)
        return (VocabularyList(bytes: all, ranges: ranges), start..<position)
    }

    private func problem(_ what: String) -> Problem {
        Problem(description: "model.vocab has \(what) at byte \(position)")
    }

    /// The next byte that is not white space; 0 at the end of the file.
    private mutating func next() -> UInt8 {
        while position < count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return bytes[position]
            }
        }
        return 0
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Problem) {
        guard next() == UInt8(ascii: character) else { throw problem("no \(character)") }
        position += 1
    }

    /// Goes to the value of a key of the object that begins here.
    private mutating func seek(_ key: String) -> Bool {
        guard next() == UInt8(ascii: "{") else { return false }
        while true {
            position += 1
            guard next() == UInt8(ascii: "\""), let found = try? readString(), next() == UInt8(ascii: ":") else {
                return false
            }
            position += 1
            if bytes[found].elementsEqual(key.utf8) { return true }
            guard skipValue(), next() == UInt8(ascii: ",") else { return false }
        }
    }

    /// Goes behind the value that begins here, by its brackets and strings alone; false when it has no end.
    private mutating func skipValue() -> Bool {
        var depth = 0
        while position < count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                while position < count, bytes[position] != UInt8(ascii: "\"") {
                    position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
                }
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return true }
                depth -= 1
                if depth == 0 {
                    position += 1
                    return true
                }
            case UInt8(ascii: ",") where depth == 0: return true
            default: break
            }
            position += 1
        }
        return false
    }

    private mutating func readID() throws(Problem) -> Int {
        let first = next()
        let start = position
        var id = 0
        while position < count, case let digit = bytes[position] &- 0x30, digit < 10, position - start < 9 {
            id = id * 10 + Int(digit)
            position += 1
        }
        guard position > start, first != 0x30 || position == start + 1 else { throw problem("no id") }
        return id
    }

    /// The bytes of the string that begins here, without its quotes.
    private mutating func readString() throws(Problem) -> Range<Int> {
        try expect("\"")
        let start = position
        var end = start
        while end < count, bytes[end] >= 0x20, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\") {
            end += 1
        }
        position = end
        if end < count, bytes[end] == UInt8(ascii: "\"") {
            position += 1
            return start..<end
        }
        return try readEscapedString(from: start)
    }

    /// Writes the string that begins at `start` anew, behind the file.
    private mutating func readEscapedString(from start: Int) throws(Problem) -> Range<Int> {
        let newStart = bytes.count
        for i in start..<position { bytes.append(bytes[i]) }
        while position < count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return newStart..<bytes.count
            case UInt8(ascii: "\\"): bytes += UTF8.encode(try readEscape()).map { Array($0) } ?? []
            case 0..<0x20: throw problem("a control character")
            default: bytes.append(byte)
            }
        }
        throw problem("a string without end")
    }

    /// What follows a backslash.
    private mutating func readEscape() throws(Problem) -> Unicode.Scalar {
        let byte = position < count ? bytes[position] : 0
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try readCodeUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            guard UTF16.isLeadSurrogate(unit), position + 1 < count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw problem("half of a surrogate pair") }
            position += 2
            let trail = try readCodeUnit()
            let value = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF))
            guard UTF16.isTrailSurrogate(trail), let scalar = Unicode.Scalar(value) else {
                throw problem("half of a surrogate pair")
            }
            return scalar
        default: throw problem("an unknown escape")
        }
    }

    private mutating func readCodeUnit() throws(Problem) -> UInt16 {
        guard position + 4 <= count, let unit = UInt16(hexadecimal: bytes[position..<(position + 4)]) else {
            throw problem("an escape without four hexadecimal digits")
        }
        position += 4
        return unit
    }
}

extension UInt16 {
    fileprivate init?(hexadecimal digits: ArraySlice<UInt8>) {
        self = 0
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            self = self << 4 | UInt16(truncatingIfNeeded: value)
        }
    }
}
