/// Random texts for the tokenizer: every kind of scalar, in every mixture.
///
/// Written twice, here and in Tests/Golden/Embedding/make_fuzz.py: both must draw the same numbers in the same order.
struct FuzzTexts {
    typealias Scalars = [UInt32]

    static let textsPerBlock = 100

    private let vocabulary: [Scalars]
    private var state: UInt64

    /// The texts of one block.
    static func block(_ block: Int, vocabulary: [Scalars]) -> [Scalars] {
        var generator = FuzzTexts(seed: UInt64(block), vocabulary: vocabulary)
        return (0..<textsPerBlock).map { _ in generator.text() }
    }

    /// - Parameter vocabulary: the tokens in the order of their ids.
    init(seed: UInt64, vocabulary: [Scalars]) {
        state = seed
        self.vocabulary = vocabulary
    }

    mutating func text() -> Scalars {
        var text: Scalars = []
        for i in 0..<below(8) {
            if i > 0 { text += Self.glue[below(Self.glue.count)] }
            text += segment()
        }
        return text
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    mutating func below(_ count: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ z >> 31) % UInt64(count))
    }

    private mutating func among(_ ranges: [ClosedRange<UInt32>], _ count: Int) -> Scalars {
        var text: Scalars = []
        for _ in 0..<count {
            let range = ranges[below(ranges.count)]
            text.append(range.lowerBound + UInt32(below(Int(range.upperBound - range.lowerBound) + 1)))
        }
        return text
    }

    private mutating func word(_ count: Int) -> Scalars {
        let style = below(8)
        var text: Scalars = []
        for i in 0..<count {
            let isUpper = style == 0 || (style == 1 && i == 0) || (style == 2 && below(2) == 0)
            text.append((isUpper ? 0x41 : 0x61) + UInt32(below(26)))
        }
        return text
    }

    private mutating func piece() -> Scalars { vocabulary[below(vocabulary.count)] }

    private mutating func gluedPieces() -> Scalars {
        var text: Scalars = []
        for _ in 0..<(2 + below(3)) {
            let piece = piece()
            text += piece.starts(with: [0x23, 0x23]) ? piece.dropFirst(2) : piece[...]
        }
        return text
    }

    private mutating func marked() -> Scalars {
        var text: Scalars = []
        for _ in 0..<(1 + below(3)) {
            text.append(Self.markBases[below(Self.markBases.count)])
            text += among(Self.marks, below(6))
        }
        return text
    }

    private mutating func longWord() -> Scalars {
        var text = word(40 + below(50))
        if below(2) == 0 { text += among(Self.latin, below(30)) }
        return text + word(10 + below(40))
    }

    private mutating func scalars(_ limit: Int) -> Scalars {
        var text: Scalars = []
        for _ in 0..<(1 + below(6)) {
            let value = UInt32(below(limit))
            text.append((0xD800..<0xE000).contains(value) ? value - 0x800 : value)
        }
        return text
    }

    private mutating func segment() -> Scalars {
        switch below(32) {
        case 0..<4: return word(1 + below(12))
        case 4..<9: return piece()
        case 9..<12: return gluedPieces()
        case 12..<14: return among([0x30...0x39], 1 + below(6))
        case 14..<16: return among(Self.punctuation, 1 + below(3))
        case 16: return among(Self.latin, 1 + below(8))
        case 17..<19: return marked()
        case 19: return among(Self.chinese, 1 + below(6))
        case 20: return among(Self.hangul, 1 + below(5))
        case 21: return among(Self.emoji, 1 + below(6))
        case 22: return among(Self.arabic, 1 + below(8))
        case 23: return among(Self.controls, 1 + below(5))
        case 24: return among(Self.privateUse, 1 + below(3))
        case 25: return below(4) == 0 ? longWord() : word(1)
        case 26..<28: return Self.added[below(Self.added.count)]
        case 28: return among(Self.spaces, 1 + below(4))
        case 29: return among(Self.scripts, 1 + below(6))
        case 30: return scalars(below(2) == 0 ? 0x110000 : 0x20000)
        default: return scalars(0x80)
        }
    }

    private static let latin: [ClosedRange<UInt32>] = [0xC0...0x24F, 0x1E00...0x1EFF, 0x61...0x7A]
    private static let marks: [ClosedRange<UInt32>] = [
        0x300...0x36F, 0x300...0x36F, 0x591...0x5C7, 0x64B...0x65F, 0x93C...0x94D, 0xF71...0xF84, 0x1DC0...0x1DFF,
        0x302A...0x302F, 0xFE20...0xFE2F, 0x1D165...0x1D172,
    ]
    private static let markBases: Scalars = [0x61, 0x45, 0xE9, 0x20, 0x915, 0x1D15E, 0x2E, 0xAC00, 0x4E00, 0xAD]
    private static let chinese: [ClosedRange<UInt32>] = [
        0x4E00...0x9FFF, 0x4E00...0x9FFF, 0x3400...0x4DBF, 0xF900...0xFAFF, 0x20000...0x2CEAF, 0x2F800...0x2FA1F,
        0x3040...0x30FF,
    ]
    private static let hangul: [ClosedRange<UInt32>] = [
        0xAC00...0xD7A3, 0xAC00...0xD7A3, 0x1100...0x11FF, 0x3130...0x318F,
    ]
    private static let emoji: [ClosedRange<UInt32>] = [
        0x1F300...0x1FAFF, 0x1F300...0x1FAFF, 0x1F1E6...0x1F1FF, 0x1F3FB...0x1F3FF, 0x200D...0x200D, 0xFE0F...0xFE0F,
        0x2600...0x27BF, 0x20E3...0x20E3,
    ]
    private static let arabic: [ClosedRange<UInt32>] = [
        0x620...0x64A, 0x620...0x64A, 0x600...0x6FF, 0x750...0x77F, 0xFB50...0xFDFF, 0xFE70...0xFEFF,
    ]
    private static let controls: [ClosedRange<UInt32>] = [
        0x0...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF...0xFEFF, 0xFFF9...0xFFFD,
        0xAD...0xAD, 0xE0001...0xE007F, 0x61...0x63,
    ]
    private static let privateUse: [ClosedRange<UInt32>] = [
        0xE000...0xF8FF, 0xF0000...0xFFFFD, 0x100000...0x10FFFD, 0x61...0x63,
    ]
    private static let scripts: [ClosedRange<UInt32>] = [
        0x370...0x3FF, 0x400...0x52F, 0x530...0x5FF, 0x900...0xDFF, 0xE00...0xFFF, 0x1000...0x10FF, 0x1200...0x1CFF,
        0x1F00...0x1FFF, 0x2000...0x206F, 0x2070...0x214F, 0x2C00...0x2E5F, 0x3000...0x303F, 0xA000...0xABFF,
        0xFF00...0xFFEF, 0x10000...0x11FFF, 0x1D400...0x1D7FF,
    ]
    private static let spaces: [ClosedRange<UInt32>] = [
        0x9...0xD, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
        0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ]
    private static let punctuation: [ClosedRange<UInt32>] = [
        0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E, 0x2010...0x2027, 0xA1...0xBF,
    ]
    private static let added = scalars([
        "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "[mask]", "[MASK", "[[SEP]]", "[ SEP ]", "[SEP][CLS]", "##s",
        "[unused7]", "[CL\u{301}S]", "CLS]",
    ])
    private static let glue = scalars(["", "", "", " ", " ", " ", " ", "-", "\n", ", ", "'", "\u{A0}"])

    private static func scalars(_ texts: [String]) -> [Scalars] { texts.map { $0.unicodeScalars.map(\.value) } }
}
