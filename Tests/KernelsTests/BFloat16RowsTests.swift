import Kernels
import TestSupport
import Testing

@Suite struct BFloat16RowsTests {
    static let seed: UInt64 = 0xBF16
    static let lengths = Array(0...70) + [95, 96, 127, 128, 129, 383, 384, 385, 768, 4_095, 4_096]

    @Test(arguments: SIMDLevel.available)
    func narrowingRoundsTiesToEven(level: SIMDLevel) {
        let kernels = RowDistances(.dot, .bfloat16, level: level)
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
        let kernels = RowDistances(.dot, .bfloat16, level: level), patterns = Array(UInt16.min...UInt16.max)
        var wide = [Float](repeating: 7, count: patterns.count)
        kernels.uncheckedWiden(patterns, into: &wide, count: patterns.count)
        #expect(wide.map(\.bitPattern) == patterns.map { UInt32($0) << 16 }, "\(level)")
    }

    private func narrowed(_ x: [Float], _ kernels: RowDistances) -> [UInt16] {
        var out = [UInt16](repeating: 0xABCD, count: x.count)
        kernels.uncheckedNarrow(x, into: &out, count: x.count)
        return out
    }
}
