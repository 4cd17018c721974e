import Kernels
import TestSupport
import Testing

/// Every level that this CPU has against the plain-Swift meaning, within the bound of the contract.
@Suite struct DistancesTests {
    static let seed: UInt64 = 0xD157

    /// Lengths around every block size of the kernels, and common dimensions.
    static let lengths =
        Array(0...70) + [95, 96, 97, 127, 128, 129, 255, 256, 257, 383, 384, 385, 768, 1_024, 4_095, 4_096]

    @Test(arguments: SIMDLevel.available)
    func pairsAgreeWithTheReference(level: SIMDLevel) {
        let kernels = Distances(level: level)
        #expect(kernels.level == level)
        var generator = SeededGenerator(seed: Self.seed)
        for length in Self.lengths {
            // Starting anywhere in a longer array makes every misalignment.
            let a = generator.floats(length + 16), b = generator.floats(length + 16)
            let i = Int.random(in: 0...16, using: &generator), j = Int.random(in: 0...16, using: &generator)
            let x = Array(a[i..<(i + length)]), y = Array(b[j..<(j + length)])
            let place: Comment = "seed \(Self.seed), \(level), length \(length), starts \(i) and \(j)"
            let dot = Double(kernels.dot(a.span.extracting(i..<(i + length)), b.span.extracting(j..<(j + length))))
            #expect(abs(dot - Reference.dot(x, y)) <= Reference.dotErrorBound(x, y), place)
            let l2 = Double(kernels.squaredL2(a.span.extracting(i..<(i + length)), b.span.extracting(j..<(j + length))))
            #expect(abs(l2 - Reference.squaredL2(x, y)) <= Reference.squaredL2ErrorBound(x, y), place)
            let norm = Double(kernels.norm(x.span))
            #expect(abs(norm - Reference.norm(x)) <= Reference.norm(x) * Double(length + 4) * 0x1p-23, place)
        }
    }

    @Test(arguments: SIMDLevel.available)
    func rowsGiveTheBitsOfPairs(level: SIMDLevel) {
        let kernels = Distances(level: level)
        var generator = SeededGenerator(seed: Self.seed + 1)
        for length in [1, 3, 8, 15, 16, 17, 64, 100, 384] {
            for (count, gap) in [(1, 0), (2, 5), (7, 0), (33, 1)] {
                let stride = length + gap
                let query = generator.floats(length)
                // The last row has no gap behind it: reading over its end would leave the array.
                let rows = generator.floats(stride * (count - 1) + length)
                var dots = [Float](repeating: .nan, count: count), distances = dots
                var dotsSpan = dots.mutableSpan
                kernels.dotRows(query: query.span, rows: rows.span, stride: stride, into: &dotsSpan)
                var distancesSpan = distances.mutableSpan
                kernels.squaredL2Rows(query: query.span, rows: rows.span, stride: stride, into: &distancesSpan)
                for row in 0..<count {
                    let place: Comment = "seed \(Self.seed + 1), \(level), length \(length), row \(row) of \(count)"
                    let span = rows.span.extracting((row * stride)..<(row * stride + length))
                    #expect(dots[row] == kernels.dot(query.span, span), place)
                    #expect(distances[row] == kernels.squaredL2(query.span, span), place)
                }
            }
        }
    }

    @Test(arguments: SIMDLevel.available)
    func gathersGiveTheBitsOfPairs(level: SIMDLevel) {
        let kernels = Distances(level: level)
        var generator = SeededGenerator(seed: Self.seed + 2)
        let rowCount = 40
        for length in [1, 16, 19, 384] {
            let stride = length + 3
            let query = generator.floats(length), rows = generator.floats(rowCount * stride)
            for count in [0, 1, 4, 5, 31] {
                let slots = (0..<count).map { _ in UInt32.random(in: 0..<UInt32(rowCount), using: &generator) }
                var dots = [Float](repeating: .nan, count: count), distances = dots
                kernels.uncheckedDotGather(
                    query: query, base: rows, slots: slots, count: count, stride: stride, dimension: length, into: &dots
                )
                kernels.uncheckedSquaredL2Gather(
                    query: query, base: rows, slots: slots, count: count, stride: stride, dimension: length,
                    into: &distances)
                for (index, slot) in slots.enumerated() {
                    let start = Int(slot) * stride
                    let span = rows.span.extracting(start..<(start + length))
                    let place: Comment = "seed \(Self.seed + 2), \(level), length \(length), \(index) of \(count)"
                    #expect(dots[index] == kernels.dot(query.span, span), place)
                    #expect(distances[index] == kernels.squaredL2(query.span, span), place)
                }
            }
        }
    }

    @Test(arguments: SIMDLevel.available)
    func extremesFollowIEEE754(level: SIMDLevel) {
        let kernels = Distances(level: level)
        for length in [1, 5, 16, 70] {
            var a = [Float](repeating: 1, count: length)
            let ones = a
            a[length - 1] = .infinity
            #expect(kernels.dot(a.span, ones.span) == .infinity)
            #expect(kernels.squaredL2(a.span, ones.span) == .infinity)
            a[length - 1] = .nan
            #expect(kernels.dot(a.span, ones.span).isNaN)
            #expect(kernels.squaredL2(a.span, ones.span).isNaN)
            let tiny = [Float](repeating: .leastNonzeroMagnitude, count: length)
            #expect(kernels.dot(tiny.span, ones.span) == Float(length) * .leastNonzeroMagnitude)
            #expect(kernels.squaredL2(ones.span, ones.span) == 0)
        }
    }

    @Test func handWorked() {
        let kernels = Distances()
        let a: [Float] = [1, 2, 3], b: [Float] = [4, -5, 6], c: [Float] = [3, 4]
        #expect(kernels.dot(a.span, b.span) == 12)
        #expect(kernels.squaredL2(a.span, b.span) == 9 + 49 + 9)
        #expect(kernels.norm(c.span) == 5)
    }
}
