import Kernels
import TestSupport
import Testing

@Suite struct Float16RowsTests {
    static let seed: UInt64 = 0xF16
    static let lengths = Array(0...70) + [95, 96, 127, 128, 129, 383, 384, 385, 768, 4_095, 4_096]
    static let patterns = Array(UInt16.min...UInt16.max)

    @Test(arguments: SIMDLevel.available)
    func allPatternsWidenExactly(level: SIMDLevel) {
        let kernels = RowDistances(.dot, .float16, level: level)
        let expected = Self.patterns.map(CodeReference.widenedFloat16).map(\.bitPattern)
        #expect(widened(Self.patterns, kernels) == expected, "\(level)")
        // One by one, which takes the way of the tails.
        #expect(Self.patterns.flatMap { widened([$0], kernels) } == expected, "\(level)")
    }

    @Test func theReferenceIsTheStandardLibrarysFloat16() {
        for bits in Self.patterns {
            let wide = CodeReference.widenedFloat16(bits), half = Float16(bitPattern: bits)
            guard !half.isNaN else {
                #expect(wide.isNaN && wide.sign == half.sign)
                continue
            }
            #expect(wide == Float(half) && wide.sign == half.sign)
            #expect(CodeReference.float16(wide) == bits)
        }
        var generator = SeededGenerator(seed: Self.seed + 2)
        for _ in 0..<20_000 {
            let x =
                Float.random(in: -1...1, using: &generator)
                * Float(sign: .plus, exponent: .random(in: -27...17, using: &generator), significand: 1)
            #expect(CodeReference.float16(x) == Float16(x).bitPattern, "seed \(Self.seed + 2), \(x)")
        }
    }

    /// Every finite magnitude with the middle between it and the next (to the even one of both) and the neighbors of that
    /// middle; beyond 65,504 the next is infinity, at 65,536.
    @Test(arguments: SIMDLevel.available)
    func narrowingRoundsTiesToEven(level: SIMDLevel) {
        let kernels = RowDistances(.dot, .float16, level: level)
        var x = [Float](), expected = [UInt16]()
        for bits in UInt16(0)..<0x7C00 {
            let value = CodeReference.widenedFloat16(bits)
            let next = bits == 0x7BFF ? 65_536 : CodeReference.widenedFloat16(bits + 1)
            let middle = (value + next) / 2
            x += [value, middle.nextDown, middle, middle.nextUp, -value, -middle.nextDown, -middle, -middle.nextUp]
            let rounded = [bits, bits, bits % 2 == 0 ? bits : bits + 1, bits + 1]
            expected += rounded + rounded.map { $0 | 0x8000 }
        }
        #expect(x.map(CodeReference.float16) == expected)
        #expect(narrowed(x, kernels) == expected, "\(level)")
        #expect(x.flatMap { narrowed([$0], kernels) } == expected, "\(level)")
    }

    @Test(arguments: SIMDLevel.available)
    func narrowingFollowsTheReferenceAtEveryLength(level: SIMDLevel) {
        let kernels = RowDistances(.dot, .float16, level: level)
        var generator = SeededGenerator(seed: Self.seed + 3)
        // 1, the halves of the smallest subnormal and just above, around overflow, the largest float, infinity, NaN
        // signalling and quiet with their leading bits, zero, the smallest float.
        let patterns: [UInt32] = [
            0x3F80_0000, 0x3300_0000, 0x3300_0001, 0x477F_EFFF, 0x477F_F000, 0x7F7F_FFFF, 0xFF7F_FFFF, 0x7F80_0000,
            0xFF80_0000, 0x7F80_0001, 0xFFFF_FFFF, 0x7FC0_2000, 0x8000_0000, 1,
        ]
        let handWorked: [UInt16] = [
            0x3C00, 0, 1, 0x7BFF, 0x7C00, 0x7C00, 0xFC00, 0x7C00, 0xFC00, 0x7E00, 0xFFFF, 0x7E01, 0x8000, 0,
        ]
        let x = patterns.map(Float.init(bitPattern:))
        #expect(narrowed(x, kernels) == handWorked, "\(level)")
        #expect(x.map(CodeReference.float16) == handWorked)
        for length in Self.lengths {
            let start = Int.random(in: 0...16, using: &generator)
            let x = (0..<(length + start)).map { index in
                // Any float, or one within the range of float16.
                let bits = UInt32.random(in: 0...UInt32.max, using: &generator)
                let exponent = UInt32.random(in: 100...144, using: &generator) << 23
                return Float(bitPattern: index % 2 == 0 ? bits : bits & 0x807F_FFFF | exponent)
            }
            let place: Comment = "seed \(Self.seed + 3), \(level), length \(length), start \(start)"
            var narrow = [UInt16](repeating: 0xABCD, count: start + length + 1)
            var wide = [Float](repeating: 7, count: start + length + 1)
            x.withUnsafeBufferPointer { x in
                narrow.withUnsafeMutableBufferPointer { narrow in
                    wide.withUnsafeMutableBufferPointer { wide in
                        guard let out = narrow.baseAddress, let wide = wide.baseAddress else { return }
                        guard let x = x.baseAddress else { return }
                        kernels.uncheckedNarrow(x + start, into: out + start, count: length)
                        kernels.uncheckedWiden(out + start, into: wide + start, count: length)
                    }
                }
            }
            let untouched = [UInt16](repeating: 0xABCD, count: start)
            let inside = x[start...].map(CodeReference.float16)
            #expect(narrow == untouched + inside + [0xABCD], place)
            let expected = [Float](repeating: 7, count: start) + inside.map(CodeReference.widenedFloat16) + [7]
            #expect(wide.map(\.bitPattern) == expected.map(\.bitPattern), place)
        }
    }

    private func narrowed(_ x: [Float], _ kernels: RowDistances) -> [UInt16] {
        var out = [UInt16](repeating: 0xABCD, count: x.count)
        kernels.uncheckedNarrow(x, into: &out, count: x.count)
        return out
    }

    private func widened(_ bits: [UInt16], _ kernels: RowDistances) -> [UInt32] {
        var wide = [Float](repeating: 7, count: bits.count)
        kernels.uncheckedWiden(bits, into: &wide, count: bits.count)
        return wide.map(\.bitPattern)
    }
}
