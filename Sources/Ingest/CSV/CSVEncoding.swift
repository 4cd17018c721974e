/// Turns the bytes of a text file into UTF-8.
///
/// Order of trial: a byte order mark (UTF-8, UTF-16), else UTF-8. Bytes that are not UTF-8 are read as Windows-1252,
/// one by one, so that a file glued together from two sources keeps both: that is `isMixed`.
struct DecodedText {
    var utf8: [UInt8]
    /// Some bytes were no valid Unicode and were read as Windows-1252 or replaced.
    var isMixed: Bool

    /// - Throws: `.unsupportedMediaType` for NUL characters: text has none.
    init(_ bytes: [UInt8]) throws(IngestError) {
        if bytes.starts(with: [0xFF, 0xFE]) {
            (utf8, isMixed) = Self.decodeUTF16(bytes, isLittleEndian: true)
        } else if bytes.starts(with: [0xFE, 0xFF]) {
            (utf8, isMixed) = Self.decodeUTF16(bytes, isLittleEndian: false)
        } else {
            let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
            (utf8, isMixed) =
                String(validating: body, as: UTF8.self) == nil
                ? (Self.decodeMixed(body), true) : (body, false)
        }
        if utf8.contains(0) { throw .unsupportedMediaType(found: "binary data (it holds NUL bytes)") }
    }

    private static func decodeUTF16(_ bytes: [UInt8], isLittleEndian: Bool) -> ([UInt8], Bool) {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var decoder = Unicode.UTF16.ForwardParser()
        var index = 2
        var isDamaged = bytes.count % 2 == 1
        var units = AnyIterator<UInt16> {
            guard index + 1 < bytes.count else { return nil }
            defer { index += 2 }
            let (low, high) = isLittleEndian ? (bytes[index], bytes[index + 1]) : (bytes[index + 1], bytes[index])
            return UInt16(high) << 8 | UInt16(low)
        }
        while true {
            switch decoder.parseScalar(from: &units) {
            case .valid(let encoded): result += UTF8.encode(UTF16.decode(encoded)) ?? UTF8.encodedReplacementCharacter
            case .error:
                result += UTF8.encodedReplacementCharacter
                isDamaged = true
            case .emptyInput: return (result, isDamaged)
            }
        }
    }

    private static func decodeMixed(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 8)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                result.append(byte)
                index += 1
                continue
            }
            let length = sequenceLength(bytes, at: index)
            if length > 0 {
                result += bytes[index..<(index + length)]
                index += length
            } else {
                let scalar = byte < 0xA0 ? windows1252[Int(byte) - 0x80] : Unicode.Scalar(byte)
                result += String(Character(scalar)).utf8
                index += 1
            }
        }
        return result
    }

    /// Length of the well-formed UTF-8 sequence at `index`, 0 when there is none (Unicode 15, table 3-7).
    private static func sequenceLength(_ bytes: [UInt8], at index: Int) -> Int {
        let lead = bytes[index]
        let length =
            switch lead {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        guard length > 0, index + length <= bytes.count else { return 0 }
        let valid: ClosedRange<UInt8> =
            switch lead {
            case 0xE0: 0xA0...0xBF
            case 0xED: 0x80...0x9F
            case 0xF0: 0x90...0xBF
            case 0xF4: 0x80...0x8F
            default: 0x80...0xBF
            }
        guard valid.contains(bytes[index + 1]) else { return 0 }
        for offset in 2..<max(2, length) where bytes[index + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }

    /// 0x80 to 0x9F of Windows-1252; the five free places stand for U+FFFD.
    private static let windows1252: [Unicode.Scalar] = [
        "\u{20AC}", "\u{FFFD}", "\u{201A}", "\u{0192}", "\u{201E}", "\u{2026}", "\u{2020}", "\u{2021}",
        "\u{02C6}", "\u{2030}", "\u{0160}", "\u{2039}", "\u{0152}", "\u{FFFD}", "\u{017D}", "\u{FFFD}",
        "\u{FFFD}", "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}", "\u{2022}", "\u{2013}", "\u{2014}",
        "\u{02DC}", "\u{2122}", "\u{0161}", "\u{203A}", "\u{0153}", "\u{FFFD}", "\u{017E}", "\u{0178}",
    ]
}
