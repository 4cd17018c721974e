/// First stage of the tokenizer: cleans, isolates Chinese characters, strips accents, lowers the case.
///
/// Equal to BertNormalizer of Hugging Face tokenizers, in one pass over UTF-8, alignment included: a kept scalar
/// keeps its own origin, an inserted or decomposed one shares that of its source, and combining marks that canonical
/// order moves take origins in their new order.
struct TextNormalizer: Sendable {
    struct Settings: Sendable, Equatable {
        /// Drops controls and turns every white space into U+0020.
        var cleansText = true
        /// Puts a space on both sides of each Chinese character.
        var isolatesChineseCharacters = true
        /// Decomposes canonically and drops nonspacing marks.
        var stripsAccents = true
        var lowercases = true
    }

    let settings: Settings
    private let table = ScalarTable.shared
    private let caseMask: UInt64
    /// What becomes of each ASCII byte; `dropped` for those that go.
    private let ascii: [UInt8]
    private static let dropped: UInt8 = 0xFF

    init(settings: Settings) {
        self.settings = settings
        caseMask = settings.lowercases ? EightBytes.highBits : 0
        let table = ScalarTable.shared
        ascii = (0..<128).map { (byte: UInt8) in
            let flags = table.flags(of: UInt32(byte))
            if settings.cleansText {
                if flags.contains(.removed) { return Self.dropped }
                if flags.contains(.whitespace) { return 0x20 }
            }
            return settings.lowercases && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
        }
    }

    /// Makes `text` the normalized form of valid UTF-8, origins counted from 0.
    ///
    /// - Returns: how many scalars `utf8` holds.
    func normalize(_ utf8: Span<UInt8>, into text: inout NormalizedText) -> Int {
        text.removeAll(reserving: utf8.count)
        var run = CombiningRun()
        var origin: UInt32 = 0
        var i = 0
        while i < utf8.count {
            let byte = utf8[i]
            if byte < 0x80 {
                if run.isEmpty {
                    let count = text.appendPrintableASCII(utf8, from: i, caseMask: caseMask, origin: origin)
                    if count > 0 {
                        i += count
                        origin &+= UInt32(truncatingIfNeeded: count)
                        run.lastOrigin = origin &- 1
                        continue
                    }
                }
                let mapped = ascii[Int(byte)]
                if mapped != Self.dropped {
                    if !run.isEmpty { flush(&run, into: &text) }
                    text.append(ascii: mapped, origin: origin)
                    run.lastOrigin = origin
                }
                i += 1
            } else {
                let (scalar, length) = decodeScalar(utf8, at: i)
                normalize(scalar, origin: origin, run: &run, into: &text)
                i += length
            }
            origin &+= 1
        }
        flush(&run, into: &text)
        text.pad()
        return Int(origin)
    }

    private func normalize(
        _ scalar: UInt32, origin: UInt32, run: inout CombiningRun, into text: inout NormalizedText
    ) {
        let flags = table.flags(of: scalar)
        if settings.cleansText {
            if flags.contains(.removed) { return }
            if flags.contains(.whitespace) { return append(0x20, [], origin, &run, &text) }
        }
        let isolated = settings.isolatesChineseCharacters && flags.contains(.ideograph)
        if isolated { append(0x20, [], origin, &run, &text) }
        if settings.stripsAccents {
            appendDecomposed(scalar, flags, origin, &run, &text)
        } else {
            append(scalar, flags, origin, &run, &text)
        }
        if isolated { append(0x20, [], origin, &run, &text) }
    }

    private func appendDecomposed(
        _ scalar: UInt32, _ flags: ScalarFlags, _ origin: UInt32, _ run: inout CombiningRun,
        _ text: inout NormalizedText
    ) {
        if flags.contains(.mark) {
            if flags.contains(.nonstarter) {
                run.append(.init(scalar: scalar, isKept: false, origin: origin))
            } else {
                flush(&run, into: &text)
                run.lastOrigin = origin
            }
        } else if flags.contains(.nonstarter) {
            run.append(.init(scalar: scalar, isKept: true, origin: origin))
        } else if flags.contains(.decomposes) {
            for part in table.decomposition(of: scalar) {
                let partFlags = table.flags(of: part)
                if partFlags.contains(.nonstarter) {
                    run.append(.init(scalar: part, isKept: true, origin: nil))
                } else {
                    append(part, partFlags, origin, &run, &text)
                }
            }
        } else if Hangul.syllables.contains(scalar) {
            let (leading, vowel, trailing) = Hangul.decompose(scalar)
            append(leading, [], origin, &run, &text)
            append(vowel, [], origin, &run, &text)
            if let trailing { append(trailing, [], origin, &run, &text) }
        } else {
            append(scalar, flags, origin, &run, &text)
        }
    }

    /// Ends the current run of combining marks, then appends a starter in lower case.
    private func append(
        _ scalar: UInt32, _ flags: ScalarFlags, _ origin: UInt32, _ run: inout CombiningRun,
        _ text: inout NormalizedText
    ) {
        flush(&run, into: &text)
        appendLowercase(scalar, flags, origin, &text)
        run.lastOrigin = origin
    }

    private func appendLowercase(
        _ scalar: UInt32, _ flags: ScalarFlags, _ origin: UInt32, _ text: inout NormalizedText
    ) {
        if !settings.lowercases {
            text.append(scalar, origin: origin)
        } else if flags.contains(.uppercase) {
            text.append(table.lowercase(of: scalar), origin: origin)
        } else if scalar == 0x130 {
            // The one scalar whose lower case is two: i and U+0307.
            text.append(0x69, origin: origin)
            text.append(0x307, origin: origin)
        } else {
            text.append(scalar, origin: origin)
        }
    }

    private func flush(_ run: inout CombiningRun, into text: inout NormalizedText) {
        if run.isEmpty { return }
        run.takeOrdered(table) { scalar, origin in
            appendLowercase(scalar, table.flags(of: scalar), origin, &text)
        }
    }
}

/// Combining marks since the last starter, waiting for their canonical order.
///
/// Dropped marks take part only because they use up origins.
private struct CombiningRun {
    struct Mark {
        var scalar: UInt32
        /// False for a mark that is dropped with the accents.
        var isKept: Bool
        /// Nil for the second and later parts of a decomposition, which share the origin before them.
        var origin: UInt32?
    }

    private var marks: [Mark] = []
    private var keepsAny = false
    /// The origin of the starter before the run.
    var lastOrigin: UInt32 = 0

    var isEmpty: Bool { marks.isEmpty }

    mutating func append(_ mark: Mark) {
        marks.append(mark)
        if mark.isKept { keepsAny = true }
    }

    /// Hands out the kept marks in canonical order and empties the run.
    mutating func takeOrdered(_ table: ScalarTable, _ body: (UInt32, UInt32) -> Void) {
        defer {
            marks.removeAll(keepingCapacity: true)
            keepsAny = false
        }
        if !keepsAny {
            if let last = marks.last?.origin { lastOrigin = last }
            return
        }
        var origins = marks.compactMap(\.origin).makeIterator()
        let classes = marks.map { table.combiningClass(of: $0.scalar) }
        for i in marks.indices.sorted(by: { (classes[$0], $0) < (classes[$1], $1) }) {
            if marks[i].origin != nil, let origin = origins.next() { lastOrigin = origin }
            if marks[i].isKept { body(marks[i].scalar, lastOrigin) }
        }
    }
}

/// Hangul syllables decompose by arithmetic (Unicode Standard, section 3.12).
private enum Hangul {
    static let syllables: Range<UInt32> = 0xAC00..<0xD7A4

    static func decompose(_ syllable: UInt32) -> (leading: UInt32, vowel: UInt32, trailing: UInt32?) {
        let index = syllable - syllables.lowerBound
        let trailing = index % 28
        return (0x1100 + index / 588, 0x1161 + index % 588 / 28, trailing == 0 ? nil : 0x11A7 + trailing)
    }
}

/// The scalar that starts at `i` in valid UTF-8, and its length in bytes. Damaged input gives some scalar, never a trap.
@inline(__always)
func decodeScalar(_ utf8: Span<UInt8>, at i: Int) -> (scalar: UInt32, length: Int) {
    func continuation(_ offset: Int) -> UInt32 {
        i + offset < utf8.count ? UInt32(utf8[i + offset] & 0x3F) : 0
    }
    let first = UInt32(utf8[i])
    if first < 0x80 { return (first, 1) }
    if first < 0xE0 { return ((first & 0x1F) << 6 | continuation(1), 2) }
    if first < 0xF0 { return ((first & 0x0F) << 12 | continuation(1) << 6 | continuation(2), 3) }
    return ((first & 0x07) << 18 | continuation(1) << 12 | continuation(2) << 6 | continuation(3), 4)
}
