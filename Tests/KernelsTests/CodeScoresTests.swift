import Kernels
import TestSupport
import Testing

/// Every level that this CPU has against the plain-Swift meaning, bit for bit.
@Suite struct CodeScoresTests {
    static let seed: UInt64 = 0xC0DE
    static let dimensions = [64, 128, 192, 320, 384, 448, 512, 768, 1_024, 1_536, 4_096]

    @Test(arguments: SIMDLevel.available, CodeKind.allCases)
    func scoresHaveTheBitsOfTheReference(level: SIMDLevel, kind: CodeKind) {
        let kernels = CodeKernels(level: level)
        #expect(kernels.level == level)
        var generator = SeededGenerator(seed: Self.seed)
        for dimension in Self.dimensions {
            for filling in CodeFixture.Filling.allCases {
                let fixture = CodeFixture(
                    CodeLayout(kind: kind, dimension: dimension), recordCount: 9, filling: filling, using: &generator)
                let expected = fixture.expectedScores()
                let slots = (0..<23).map { _ in UInt32.random(in: 0..<9, using: &generator) }
                let place: Comment = "seed \(Self.seed), \(level), \(kind), dimension \(dimension), \(filling)"
                #expect(fixture.scores(kernels, slots: slots) == slots.map { expected[Int($0)] }, place)
                #expect(fixture.rangeScores(kernels, first: 0, count: 9) == [77] + expected + [77], place)
            }
        }
    }

    @Test(arguments: SIMDLevel.available, CodeKind.allCases)
    func everyCountWritesItsScoresAndNoMore(level: SIMDLevel, kind: CodeKind) {
        let kernels = CodeKernels(level: level)
        var generator = SeededGenerator(seed: Self.seed + 1)
        let fixture = CodeFixture(
            CodeLayout(kind: kind, dimension: 384), recordCount: 40, filling: .random, using: &generator)
        let expected = fixture.expectedScores()
        for count in 0...34 {
            let place: Comment = "seed \(Self.seed + 1), \(level), \(kind), count \(count)"
            let slots = (0..<count).map { _ in UInt32.random(in: 0..<40, using: &generator) }
            #expect(fixture.scores(kernels, slots: slots) == slots.map { expected[Int($0)] }, place)
            let first = Int.random(in: 0...(40 - count), using: &generator)
            let found = fixture.rangeScores(kernels, first: first, count: count)
            #expect(found == [77] + expected[first..<(first + count)] + [77], place)
        }
    }

    @Test func handWorked() {
        // One bit: components 0 and 70 set; the query has 5 at 0, 15 at 1 and 8 at 70, so that I is 13.
        let layout = CodeLayout(kind: .oneBit, dimension: 128)
        var record = [UInt8](repeating: 0, count: layout.strideBytes)
        record[0] = 1
        record[8] = 1 << 6
        var span = record.mutableSpan
        CodeTrailer(scale: 2, bias: 0.5, centroid: 1, population: 2).write(into: &span, layout: layout)
        var planes = [UInt64](repeating: 0, count: 4 * layout.wordsPerPlane)
        planes[0] = 0b11
        planes[layout.wordsPerPlane] = 0b10
        planes[2 * layout.wordsPerPlane] = 0b11
        planes[3 * layout.wordsPerPlane] = 0b10
        planes[3 * layout.wordsPerPlane + 1] = 1 << 6
        let terms = CodeTerms(constant: 100, alpha: 3, beta: 7, gamma: -1)
        for level in SIMDLevel.available {
            var out: [Float] = [0]
            var outSpan = out.mutableSpan
            CodeKernels(level: level).score(
                layout, planes: planes.span, terms: terms, centroidTerms: ([1_000, 2_000] as [Float]).span,
                records: record.span, slots: ([0] as [UInt32]).span, into: &outSpan)
            // 100 + 0.5 + 2000 + 2 · (3 · 13 + 7 · 2 − 1)
            #expect(out == [2_204.5], "\(level)")
        }
    }

    @Test(arguments: SIMDLevel.available)
    func wholeNumberProductsAreExact(level: SIMDLevel) {
        let kernels = CodeKernels(level: level)
        var generator = SeededGenerator(seed: Self.seed + 2)
        for length in Array(0...130) + [191, 192, 383, 384, 385, 1_000, 4_096] {
            let start = Int.random(in: 0..<16, using: &generator)
            for extreme in [false, true] {
                let a = bytes(length + 16, extreme: extreme, using: &generator)
                let b = bytes(length, extreme: extreme, using: &generator)
                let q = b.map { Int8(bitPattern: $0 ^ 0x80) }
                let row = a.span.extracting(start..<(start + length))
                let place: Comment = "seed \(Self.seed + 2), \(level), length \(length), start \(start)"
                var dot = 0, pair = 0
                for j in 0..<length {
                    dot += Int(a[start + j]) * Int(q[j])
                    pair += (Int(a[start + j]) - 128) * (Int(b[j]) - 128)
                }
                #expect(kernels.dot(row, q.span) == Int32(dot), place)
                #expect(kernels.eightBitPair(row, b.span) == Int32(pair), place)
            }
        }
    }

    private func bytes(_ count: Int, extreme: Bool, using generator: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in
            let byte = UInt8.random(in: 0...255, using: &generator)
            return extreme ? (byte % 3 == 0 ? 255 : 0) : byte
        }
    }

    @Test(arguments: SIMDLevel.available)
    func theLargestProductsFit(level: SIMDLevel) {
        let kernels = CodeKernels(level: level)
        let ones = [UInt8](repeating: 255, count: 65_536), zeros = [UInt8](repeating: 0, count: 32_768)
        let least = [Int8](repeating: -128, count: 65_536), most = [Int8](repeating: 127, count: 65_536)
        #expect(kernels.dot(ones.span, least.span) == -128 * 255 * 65_536)
        #expect(kernels.dot(ones.span, most.span) == 127 * 255 * 65_536)
        #expect(kernels.eightBitPair(zeros.span, zeros.span) == 128 * 128 * 32_768)
    }
}
