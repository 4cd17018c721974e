import Kernels
import TestSupport
import Testing

@Suite struct BFloat16RowsTests {
    static let seed: UInt64 = 0xBF16
    static let lengths = Array(0...70) + [95, 96, 127, 128, 129, 383, 384, 385, 768, 4_095, 4_096]

    @Test(arguments: SIMDLevel.available)
    func distancesAreThoseOfTheWidenedRows(level: SIMDLevel) {
        let kernels = CodeKernels(level: level)
        var generator = SeededGenerator(seed: Self.seed)
        for length in Self.lengths {
            let i = Int.random(in: 0...16, using: &generator), j = Int.random(in: 0...16, using: &generator)
            let query = generator.floats(length + 16)
            let a = generator.floats(length + 16).map(CodeReference.bfloat16)
            let b = generator.floats(length + 16).map(CodeReference.bfloat16)
            let q = query.span.extracting(i..<(i + length)), x = Array(query[i..<(i + length)])
            let row = b.span.extracting(j..<(j + length)), y = b[j..<(j + length)].map(CodeReference.widened)
            let other = a.span.extracting(i..<(i + length)), z = a[i..<(i + length)].map(CodeReference.widened)
            let place: Comment = "seed \(Self.seed), \(level), length \(length), starts \(i) and \(j)"
            let dot = Double(kernels.dot(q, bfloat16: row)), l2 = Double(kernels.squaredL2(q, bfloat16: row))
            #expect(abs(dot - Reference.dot(x, y)) <= Reference.dotErrorBound(x, y), place)
            #expect(abs(l2 - Reference.squaredL2(x, y)) <= Reference.squaredL2ErrorBound(x, y), place)
            let pairDot = Double(kernels.dot(bfloat16: other, row))
            let pairL2 = Double(kernels.squaredL2(bfloat16: other, row))
            #expect(abs(pairDot - Reference.dot(z, y)) <= Reference.dotErrorBound(z, y), place)
            #expect(abs(pairL2 - Reference.squaredL2(z, y)) <= Reference.squaredL2ErrorBound(z, y), place)
        }
    }

    @Test(arguments: SIMDLevel.available)
    func gathersGiveTheBitsOfPairs(level: SIMDLevel) {
        let kernels = CodeKernels(level: level)
        var generator = SeededGenerator(seed: Self.seed + 1)
        let rowCount = 40
        for length in [1, 16, 19, 384] {
            let stride = length + 3
            let query = generator.floats(length)
            let rows = generator.floats(rowCount * stride).map(CodeReference.bfloat16)
            for count in [0, 1, 4, 5, 31] {
                let slots = (0..<count).map { _ in UInt32.random(in: 0..<UInt32(rowCount), using: &generator) }
                var dots = [Float](repeating: .nan, count: count), distances = dots
                kernels.uncheckedDotGather(
                    query: query, bfloat16: rows, slots: slots, count: count, stride: stride, dimension: length,
                    into: &dots)
                kernels.uncheckedSquaredL2Gather(
                    query: query, bfloat16: rows, slots: slots, count: count, stride: stride, dimension: length,
                    into: &distances)
                for (index, slot) in slots.enumerated() {
                    let start = Int(slot) * stride
                    let row = rows.span.extracting(start..<(start + length))
                    let place: Comment = "seed \(Self.seed + 1), \(level), length \(length), \(index) of \(count)"
                    #expect(dots[index] == kernels.dot(query.span, bfloat16: row), place)
                    #expect(distances[index] == kernels.squaredL2(query.span, bfloat16: row), place)
                }
            }
        }
    }

    @Test(arguments: SIMDLevel.available)
    func narrowingRoundsTiesToEven(level: SIMDLevel) {
        let kernels = CodeKernels(level: level)
        var generator = SeededGenerator(seed: Self.seed + 2)
        // 1, halfway below the next (even stays), halfway above an odd one (goes up), the largest float, signs, NaN.
        let patterns: [UInt32] = [
            0x3F80_0000, 0x3F80_8000, 0x3F81_8000, 0x3F80_8001, 0x7F7F_FFFF, 0xFF7F_FFFF, 0x7F80_0000, 0xFF80_0000,
            0x7F80_0001, 0xFFFF_FFFF, 0x8000_0000, 1, 0x0000_8000, 0x0001_8000,
        ]
        let handWorked: [UInt16] = [
            0x3F80, 0x3F80, 0x3F82, 0x3F81, 0x7F80, 0xFF80, 0x7F80, 0xFF80, 0x7FC0, 0xFFFF, 0x8000, 0, 0, 2,
        ]
        let x = patterns.map(Float.init(bitPattern:))
        #expect(narrowed(x, kernels) == handWorked, "\(level)")
        #expect(x.map(CodeReference.bfloat16) == handWorked)
        for length in Self.lengths {
            let x = (0..<length).map { _ in Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &generator)) }
            let narrow = narrowed(x, kernels), place: Comment = "seed \(Self.seed + 2), \(level), length \(length)"
            #expect(narrow == x.map(CodeReference.bfloat16), place)
            var wide = [Float](repeating: 7, count: length + 1)
            kernels.uncheckedWiden(narrow, into: &wide, count: length)
            let expected = narrow.map(CodeReference.widened) + [7]
            #expect(wide.map(\.bitPattern) == expected.map(\.bitPattern), place)
        }
    }

    @Test(arguments: SIMDLevel.available)
    func allPatternsWidenExactly(level: SIMDLevel) {
        let kernels = CodeKernels(level: level), patterns = Array(UInt16.min...UInt16.max)
        var wide = [Float](repeating: 7, count: patterns.count)
        kernels.uncheckedWiden(patterns, into: &wide, count: patterns.count)
        #expect(wide.map(\.bitPattern) == patterns.map { UInt32($0) << 16 }, "\(level)")
    }

    @Test(arguments: SIMDLevel.available)
    func extremesFollowIEEE754(level: SIMDLevel) {
        let kernels = CodeKernels(level: level)
        for length in [1, 5, 16, 64, 70] {
            var row = [UInt16](repeating: 0x3F80, count: length)
            let ones = row, query = [Float](repeating: 1, count: length)
            #expect(kernels.dot(query.span, bfloat16: row.span) == Float(length))
            #expect(kernels.squaredL2(query.span, bfloat16: row.span) == 0)
            row[length - 1] = 0x7F80
            #expect(kernels.dot(query.span, bfloat16: row.span) == .infinity)
            #expect(kernels.squaredL2(bfloat16: ones.span, row.span) == .infinity)
            row[length - 1] = 0x7FC0
            #expect(kernels.dot(bfloat16: ones.span, row.span).isNaN)
            #expect(kernels.squaredL2(query.span, bfloat16: row.span).isNaN)
        }
    }

    private func narrowed(_ x: [Float], _ kernels: CodeKernels) -> [UInt16] {
        var out = [UInt16](repeating: 0xABCD, count: x.count)
        var span = out.mutableSpan
        kernels.narrow(x.span, into: &span)
        return out
    }
}
