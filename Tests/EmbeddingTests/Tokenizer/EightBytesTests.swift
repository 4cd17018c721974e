import Testing

@testable import Embedding

@Suite struct EightBytesTests {
    /// Every byte in every place, between neighbours that would carry or borrow.
    @Test func masksAreExactForEveryByte() {
        let tests: [(String, (UInt64) -> UInt64, (UInt8) -> Bool)] = [
            ("notPrintableASCII", EightBytes.notPrintableASCII, { !(0x20...0x7E).contains($0) }),
            ("notAlphanumeric", EightBytes.notAlphanumeric, { !Self.isAlphanumeric($0) }),
            ("equal", { EightBytes.equal($0, to: 0x5B) }, { $0 == 0x5B }),
            ("uppercase", EightBytes.uppercase, { (0x41...0x5A).contains($0) }),
        ]
        for (name, mask, isMeant) in tests {
            for neighbour in [0x00, 0x20, 0x5A, 0x5B, 0x7F, 0x80, 0xFF] as [UInt8] {
                for byte in 0...UInt8.max where name != "uppercase" || (byte < 0x80 && neighbour < 0x80) {
                    for place in 0..<8 {
                        var bytes = [UInt8](repeating: neighbour, count: 8)
                        bytes[place] = byte
                        let expected = bytes.enumerated().reduce(UInt64(0)) { mask, item in
                            isMeant(item.element) ? mask | 0x80 << UInt64(8 * item.offset) : mask
                        }
                        guard mask(EightBytes.load(bytes.span, 0)) == expected else {
                            Issue.record("\(name) of \(bytes)")
                            return
                        }
                    }
                }
            }
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    @Test func prefixesAndCounts() {
        let word = EightBytes.load(Array("xabcdefgh".utf8).span, 1)
        #expect(word == 0x6867_6665_6463_6261)
        #expect(
            (1...8).map { EightBytes.prefix(word, $0) } == [
                0x61, 0x6261, 0x63_6261, 0x6463_6261, 0x65_6463_6261, 0x6665_6463_6261, 0x67_6665_6463_6261, word,
            ])
        #expect(EightBytes.count(before: 0) == 8)
        #expect((0..<8).map { EightBytes.count(before: 0x80 << UInt64(8 * $0) | 1 << 63) } == Array(0..<8))
    }
}
