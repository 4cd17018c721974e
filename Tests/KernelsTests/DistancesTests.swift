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
