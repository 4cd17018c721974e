/// Second stage of the tokenizer: cuts normalized text into words.
///
/// Equal to BertPreTokenizer of Hugging Face tokenizers: words end at white space, and every punctuation character
/// is a word of its own.
struct PreTokenizer: Sendable {
    private enum ByteKind: UInt8 {
        case letter, separator, punctuation, notASCII
    }

    private let table = ScalarTable.shared
    private let kinds: [ByteKind]

    init() {
        let table = ScalarTable.shared
        kinds = (0..<256).map { (byte: UInt32) in
            byte < 0x80 ? Self.kind(table.flags(of: byte)) : .notASCII
        }
    }

    /// The bytes of the first word that starts at or after `start`; nil when there is none.
    ///
    /// - Parameter bytes: the text, of `count` bytes, and its padding.
    @inline(__always)
    func nextWord(in bytes: Span<UInt8>, count: Int, from start: Int) -> Range<Int>? {
        var first = start
        while first < count, kinds[Int(bytes[first])] == .separator { first &+= 1 }
        guard first < count else { return nil }
        var end = first
        // Ends in the padding at the latest.
        while true {
            let length = EightBytes.count(before: EightBytes.notAlphanumeric(EightBytes.load(bytes, end)))
            end &+= length
            if length < 8 { break }
        }
        switch kinds[Int(bytes[end])] {
        case .separator: return first..<end
        case .punctuation: return first..<max(end, first &+ 1)
        case .letter, .notASCII: return nextWord(in: bytes.extracting(..<count), first: first, from: end)
        }
    }

    /// The word that starts at `first`, known to hold nothing but letters up to `end`.
    private func nextWord(in bytes: Span<UInt8>, first: Int, from end: Int) -> Range<Int>? {
        var wordStart = end > first ? first : nil
        var i = end
        while i < bytes.count {
            var kind = kinds[Int(bytes[i])]
            var length = 1
            if kind == .notASCII {
                let decoded = decodeScalar(bytes, at: i)
                kind = Self.kind(table.flags(of: decoded.scalar))
                length = min(decoded.length, bytes.count - i)
            }
            if kind == .letter {
                if wordStart == nil { wordStart = i }
            } else if let wordStart {
                return wordStart..<i
            } else if kind == .punctuation {
                return i..<(i + length)
            }
            i += length
        }
        return wordStart.map { $0..<bytes.count }
    }

    private static func kind(_ flags: ScalarFlags) -> ByteKind {
        if flags.contains(.whitespace) { return .separator }
        return flags.contains(.punctuation) ? .punctuation : .letter
    }
}
