import Kernels
import TestSupport
import Testing

@Suite struct Float16RowsTests {
    static let seed: UInt64 = 0xF16
    static let lengths = Array(0...70) + [95, 96, 127, 128, 129, 383, 384, 385, 768, 4_095, 4_096]
    static let patterns = Array(UInt16.min...UInt16.max)

    @Test(arguments: SIMDLevel.available)
    func distancesAreThoseOfTheWidenedRows(level: SIMDLevel) {
        let kernels = CodeKernels(level: level)
        var generator = SeededGenerator(seed: Self.seed)
        for length in Self.lengths {
            let i = Int.random(in: 0...16, using: &generator), j = Int.random(in: 0...16, using: &generator)
            let query = generator.floats(length + 16)
            let a = generator.floats(length + 16).map(CodeReference.float16)
            let b = generator.floats(length + 16).map(CodeReference.float16)
            let q = query.span.extracting(i..<(i + length)), x = Array(query[i..<(i + length)])
            let row = b.span.extracting(j..<(j + length)), y = b[j..<(j + length)].map(CodeReference.widenedFloat16)
            let other = a.span.extracting(i..<(i + length)),
                z = a[i..<(i + length)].map(CodeReference.widenedFloat16)
            let place: Comment = "seed \(Self.seed), \(level), length \(length), starts \(i) and \(j)"
            let dot = Double(kernels.dot(q, float16: row)), l2 = Double(kernels.squaredL2(q, float16: row))
            #expect(abs(dot - Reference.dot(x, y)) <= Reference.dotErrorBound(x, y), place)
            #expect(abs(l2 - Reference.squaredL2(x, y)) <= Reference.squaredL2ErrorBound(x, y), place)
            let pairDot = Double(kernels.dot(float16: other, row))
            let pairL2 = Double(kernels.squaredL2(float16: other, row))
            #expect(abs(pairDot - Reference.dot(z, y)) <= Reference.dotErrorBound(z, y), place)
            #expect(abs(pairL2 - Reference.squaredL2(z, y)) <= Reference.squaredL2ErrorBound(z, y), place)
        }
    }

    @Test(arguments: SIMDLevel.available)
    func subnormalRowsKeepTheirValues(level: SIMDLevel) {
        let kernels = CodeKernels(level: level)
        for length in [1, 5, 16, 64, 70] {
            // 2⁻²⁴ times 2²⁴ is 1, exactly.
            let row = [UInt16](repeating: 1, count: length), query = [Float](repeating: 0x1p24, count: length)
            #expect(kernels.dot(query.span, float16: row.span) == Float(length))
            #expect(kernels.dot(float16: row.span, row.span) == Float(length) * 0x1p-48)
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
            let rows = generator.floats(rowCount * stride).map(CodeReference.float16)
            for count in [0, 1, 4, 5, 31] {
                let slots = (0..<count).map { _ in UInt32.random(in: 0..<UInt32(rowCount), using: &generator) }
                var dots = [Float](repeating: .nan, count: count), distances = dots
                kernels.uncheckedDotGather(
                    query: query, float16: rows, slots: slots, count: count, stride: stride, dimension: length,
                    into: &dots)
                kernels.uncheckedSquaredL2Gather(
                    query: query, float16: rows, slots: slots, count: count, stride: stride, dimension: length,
                    into: &distances)
                for (index, slot) in slots.enumerated() {
                    let start = Int(slot) * stride
                    let row = rows.span.extracting(start..<(start + length))
                    let place: Comment = "seed \(Self.seed + 1), \(level), length \(length), \(index) of \(count)"
                    #expect(dots[index] == kernels.dot(query.span, float16: row), place)
                    #expect(distances[index] == kernels.squaredL2(query.span, float16: row), place)
                }
            }
        }
    }

    @Test(arguments: SIMDLevel.available)
    func allPatternsWidenExactly(level: SIMDLevel) {
        let kernels = CodeKernels(level: level)
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
        let kernels = CodeKernels(level: level)
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
        let kernels = CodeKernels(level: level)
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
                        kernels.uncheckedNarrowFloat16(x + start, into: out + start, count: length)
                        kernels.uncheckedWidenFloat16(out + start, into: wide + start, count: length)
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

    @Test(arguments: SIMDLevel.available)
    func extremesFollowIEEE754(level: SIMDLevel) {
        let kernels = CodeKernels(level: level)
        for length in [1, 5, 16, 64, 70] {
            var row = [UInt16](repeating: 0x3C00, count: length)
            let ones = row, query = [Float](repeating: 1, count: length)
            #expect(kernels.dot(query.span, float16: row.span) == Float(length))
            #expect(kernels.squaredL2(query.span, float16: row.span) == 0)
            row[length - 1] = 0x7C00
            #expect(kernels.dot(query.span, float16: row.span) == .infinity)
            #expect(kernels.squaredL2(float16: ones.span, row.span) == .infinity)
            row[length - 1] = 0x7E00
            #expect(kernels.dot(float16: ones.span, row.span).isNaN)
            #expect(kernels.squaredL2(query.span, float16: row.span).isNaN)
        }
    }

    private func narrowed(_ x: [Float], _ kernels: CodeKernels) -> [UInt16] {
        var out = [UInt16](repeating: 0xABCD, count: x.count)
        var span = out.mutableSpan
        kernels.narrowFloat16(x.span, into: &span)
        return out
    }

    private func widened(_ bits: [UInt16], _ kernels: CodeKernels) -> [UInt32] {
        var wide = [Float](repeating: 7, count: bits.count)
        kernels.uncheckedWidenFloat16(bits, into: &wide, count: bits.count)
        return wide.map(\.bitPattern)
    }
}
