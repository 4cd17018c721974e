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
            let found = fixture.uncheckedScores(kernels, slots: slots)
            #expect(found == [77] + slots.map { expected[Int($0)] } + [77], place)
        }
    }

    @Test func handWorked() {
        // One bit: components 0 and 70 set; the query has 5 at 0, 15 at 1 and 8 at 70, so that I is 13.
        let layout = CodeLayout(kind: .oneBit, dimension: 128)
        var record = [UInt8](repeating: 0, count: layout.strideBytes)
        record[0] = 1
        record[8] = 1 << 6
        var span = record.mutableSpan
        CodeTrailer(scale: 2, bias: 0.5, population: 2).write(into: &span, layout: layout)
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
                layout, planes: planes.span, terms: terms, records: record.span,
                slots: ([0] as [UInt32]).span, into: &outSpan)
            // 100 + 0.5 + 2 · (3 · 13 + 7 · 2 − 1)
            #expect(out == [204.5], "\(level)")
        }
    }
}
