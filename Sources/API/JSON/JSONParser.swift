/// Why a text is not JSON.
public enum JSONParseError: Error, Equatable, CustomStringConvertible {
    case unexpectedEnd(offset: Int)
    case unexpectedByte(offset: Int, expected: String)
    case badUTF8(offset: Int)
    case badEscape(offset: Int)
    case badNumber(offset: Int)
    case tooDeep(offset: Int, limit: Int)
    case duplicateName(offset: Int, name: String)

    public var description: String {
        switch self {
        case .unexpectedEnd(let offset): "The JSON ends too early, after \(offset) bytes."
        case .unexpectedByte(let offset, let expected): "At byte \(offset) of the JSON \(expected) was expected."
        case .badUTF8(let offset): "The JSON is not UTF-8 at byte \(offset)."
        case .badEscape(let offset): "The JSON has a bad escape at byte \(offset)."
        case .badNumber(let offset): "The JSON has a bad number at byte \(offset)."
        case .tooDeep(let offset, let limit): "The JSON is nested deeper than \(limit) levels at byte \(offset)."
        case .duplicateName(let offset, let name):
            "The member \"\(name.prefix(80))\" appears twice, again at byte \(offset)."
        }
    }
}

/// A strict parser after RFC 8259.
///
/// UTF-8 only, no byte order mark, nothing after the value, no duplicate names, no lone surrogates, bounded depth
/// (so recursion is bounded too). Time is linear in the text.
public struct JSONParser {
    public static let standardDepth = 32

    private let bytes: [UInt8]
    private var position = 0
    private let maximumDepth: Int

    private init(_ bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    public static func parse(
        _ bytes: [UInt8], maximumDepth: Int = standardDepth
    ) throws(JSONParseError) -> JSONValue {
        var parser = JSONParser(bytes, maximumDepth: maximumDepth)
        parser.skipSpace()
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else {
            throw .unexpectedByte(offset: parser.position, expected: "the end")
        }
        return value
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 32 || byte == 10 || byte == 13 || byte == 9 { position += 1 }
    }

    private func unexpected(_ expected: String) -> JSONParseError {
        position < bytes.count
            ? .unexpectedByte(offset: position, expected: expected) : .unexpectedEnd(offset: position)
    }

    private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (48...57).contains(byte): return try number()
        default: throw unexpected("a value")
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        for byte in text.description.utf8 {
            guard current == byte else { throw unexpected("\(text)") }
            position += 1
        }
        return value
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSONValue {
        guard depth < maximumDepth else { throw .tooDeep(offset: position, limit: maximumDepth) }
        position += 1
        var object = JSONObject()
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(object)
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw unexpected("a member name") }
            let start = position
            let name = try string()
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw unexpected("a colon") }
            position += 1
            skipSpace()
            let value = try value(depth: depth + 1)
            guard object.add(name, value) else { throw .duplicateName(offset: start, name: name) }
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return .object(object)
            default: throw unexpected("a comma or a closing brace")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONParseError) -> JSONValue {
        guard depth < maximumDepth else { throw .tooDeep(offset: position, limit: maximumDepth) }
        position += 1
        var items: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return .array(items)
        }
        while true {
            skipSpace()
            items.append(try value(depth: depth + 1))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return .array(items)
            default: throw unexpected("a comma or a closing bracket")
            }
        }
    }

    private mutating func number() throws(JSONParseError) -> JSONValue {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let integerDigits = skipDigits()
        let leadingZero = integerDigits > 1 && bytes[position - integerDigits] == UInt8(ascii: "0")
        guard integerDigits > 0, !leadingZero else { throw .badNumber(offset: start) }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard skipDigits() > 0 else { throw .badNumber(offset: start) }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() > 0 else { throw .badNumber(offset: start) }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw .badNumber(offset: start) }
        return .number(value)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func string() throws(JSONParseError) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let valid = String(validating: text, as: UTF8.self) else { throw .badUTF8(offset: start) }
                return valid
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text)
            case 0..<32:
                throw unexpected("no control character")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw .unexpectedEnd(offset: position)
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONParseError) {
        let start = position - 1
        guard let byte = current else { throw .unexpectedEnd(offset: position) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "u"):
            var code = try hexQuad(start)
            if (0xD800...0xDBFF).contains(code) {
                guard current == UInt8(ascii: "\\") else { throw .badEscape(offset: start) }
                position += 1
                guard current == UInt8(ascii: "u") else { throw .badEscape(offset: start) }
                position += 1
                let low = try hexQuad(start)
                guard (0xDC00...0xDFFF).contains(low) else { throw .badEscape(offset: start) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw .badEscape(offset: start) }
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw .badEscape(offset: start)
        }
    }

    private mutating func hexQuad(_ start: Int) throws(JSONParseError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current else { throw .unexpectedEnd(offset: position) }
            guard let digit = hexDigit(byte) else { throw .badEscape(offset: start) }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}

/// Value of a hexadecimal digit, nil for any other byte.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
}
