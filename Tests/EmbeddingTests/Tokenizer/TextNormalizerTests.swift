import Testing

@testable import Embedding

@Suite struct TextNormalizerTests {
    private func normalize(_ text: String, _ settings: TextNormalizer.Settings = .init()) -> (String, [UInt32]) {
        var normalized = NormalizedText(keepsOrigins: true)
        let utf8 = Array(text.utf8)
        let count = TextNormalizer(settings: settings).normalize(utf8.span, into: &normalized)
        #expect(count == text.unicodeScalars.count)
        var origins: [UInt32] = []
        let bytes = normalized.bytes.prefix(normalized.count)
        for (byte, origin) in zip(bytes, normalized.origins) where byte & 0xC0 != 0x80 { origins.append(origin) }
        return (String(decoding: bytes, as: UTF8.self), origins)
    }

    @Test func lowersStripsAndCleans() {
        #expect(normalize("Ab\u{0}\tÉ") == ("ab e", [0, 1, 3, 4]))
        #expect(normalize("e\u{301}x") == ("ex", [0, 2]))
        #expect(normalize("ΣΑΣ") == ("σασ", [0, 1, 2]))
        #expect(normalize("İ") == ("i", [0]))
    }

    @Test func chineseCharactersStandAlone() {
        #expect(normalize("a漢b") == ("a 漢 b", [0, 1, 1, 1, 2]))
    }

    @Test func hangulDecomposes() {
        let (text, origins) = normalize("각")
        #expect(text.unicodeScalars.map(\.value) == [0x1100, 0x1161, 0x11A8])
        #expect(origins == [0, 0, 0])
    }

    /// Kept marks move into canonical order, and origins are used up in the new order.
    @Test func marksAreReordered() {
        let (text, origins) = normalize("a\u{1D16D}\u{1D165}b")
        #expect(text.unicodeScalars.map(\.value) == [0x61, 0x1D165, 0x1D16D, 0x62])
        #expect(origins == [0, 1, 2, 3])
    }

    @Test func everySwitchWorksAlone() {
        let off = TextNormalizer.Settings(
            cleansText: false, isolatesChineseCharacters: false, stripsAccents: false, lowercases: false)
        #expect(normalize("A\u{0}É漢\t", off).0 == "A\u{0}É漢\t")
        var lower = off
        lower.lowercases = true
        #expect(normalize("AÉİ", lower).0.unicodeScalars.map(\.value) == [0x61, 0xE9, 0x69, 0x307])
        var strip = off
        strip.stripsAccents = true
        #expect(normalize("AÉ", strip).0 == "AE")
    }

    /// The table unfolds the ranges faithfully, pages shared or not.
    @Test func theTableHoldsEveryRange() {
        let table = ScalarTable.shared
        for (ranges, flag) in [
            (UnicodeData.removed, ScalarFlags.removed), (UnicodeData.whitespace, .whitespace),
            (UnicodeData.ideographs, .ideograph), (UnicodeData.punctuation, .punctuation),
        ] {
            for i in stride(from: 0, to: ranges.count, by: 2) {
                let middle = ranges[i] + (ranges[i + 1] - ranges[i]) / 2
                for scalar in [ranges[i], middle, ranges[i + 1]] { #expect(table.flags(of: scalar).contains(flag)) }
                let isNext = i + 2 < ranges.count && ranges[i + 2] == ranges[i + 1] + 1
                if !isNext { #expect(!table.flags(of: ranges[i + 1] + 1).contains(flag)) }
            }
        }
        for i in stride(from: 0, to: UnicodeData.starterMarks.count, by: 2) {
            #expect(table.flags(of: UnicodeData.starterMarks[i]).intersection([.mark, .nonstarter]) == .mark)
        }
        #expect(table.combiningClass(of: 0x301) == 230 && table.combiningClass(of: 0x1D165) == 216)
        #expect(table.flags(of: 0x110000).isEmpty && table.flags(of: .max).isEmpty)
    }
}
