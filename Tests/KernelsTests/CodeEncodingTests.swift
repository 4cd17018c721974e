import Kernels
import TestSupport
import Testing

/// Codes, quantised numbers and whole-number sums equal the reference; float sums keep their bound and have the same bits
/// at every level.
@Suite struct CodeEncodingTests {
    static let seed: UInt64 = 0xE9C0
    static let lengths = Array(1...40) + [63, 64, 65, 127, 128, 192, 300, 384, 1_000, 1_024, 4_096]
    static let levels = SIMDLevel.available.map { CodeKernels(level: $0) }

    @Test func statisticsAreThoseOfTheVector() {
        var generator = SeededGenerator(seed: Self.seed)
        for length in Self.lengths {
            let x = generator.floats(length)
            let found = Self.levels.map { $0.statistics(x.span) }
            let place: Comment = "seed \(Self.seed), length \(length), \(found[0])"
            #expect(found.allSatisfy { $0 == found[0] }, place)
            #expect(found[0].minimum == x.min() && found[0].maximum == x.max(), place)
            #expect(found[0].absoluteMaximum == x.map(abs).max(), place)
            expectSum(found[0].sum, x.map(Double.init), place)
            expectSum(found[0].squaredNorm, x.map { Double($0) * Double($0) }, place)
        }
    }

    @Test func statisticsOfNothingAndOfConstants() {
        for kernels in Self.levels {
            let empty = kernels.statistics([Float]().span)
            #expect(empty.minimum == .infinity && empty.maximum == -.infinity && empty.absoluteMaximum == 0)
            #expect(empty.sum == 0 && empty.squaredNorm == 0)
            let negative = kernels.statistics([Float](repeating: -3, count: 17).span)
            #expect(negative.minimum == -3 && negative.maximum == -3 && negative.absoluteMaximum == 3)
            #expect(negative.sum == -51 && negative.squaredNorm == 153)
        }
    }

    @Test func signedQuantisationRoundsTiesToEvenAndClamps() {
        var generator = SeededGenerator(seed: Self.seed + 1)
        for length in Self.lengths {
            var x = generator.floats(length)
            let inverseScale = Float.random(in: 0.5...40, using: &generator)
            plantExtremes(&x, inverseScale: inverseScale, using: &generator)
            let expected = x.map { CodeReference.nearest($0, inverseScale: inverseScale, low: -127, high: 127) }
            for kernels in Self.levels {
                let place: Comment = "seed \(Self.seed + 1), \(kernels.level), length \(length)"
                var out = [Int8](repeating: 99, count: length)
                var span = out.mutableSpan
                let sum = kernels.quantiseSigned(x.span, inverseScale: inverseScale, into: &span)
                #expect(out.map(Int.init) == expected, place)
                #expect(sum == expected.reduce(0, +), place)
            }
        }
        for kernels in Self.levels {
            var out = [Int8](repeating: 99, count: 7)
            var span = out.mutableSpan
            let x: [Float] = [0.5, 1.5, 2.5, -0.5, -1.5, 300, -300]
            #expect(kernels.quantiseSigned(x.span, inverseScale: 1, into: &span) == 2)
            #expect(out == [0, 2, 2, 0, -2, 127, -127])
        }
    }

    @Test func planesHoldTheBitsOfTheQuantisedQuery() {
        var generator = SeededGenerator(seed: Self.seed + 2)
        for length in Self.lengths {
            var x = generator.floats(length)
            let low: Float = -4, inverseStep = Float.random(in: 0.5...3, using: &generator)
            plantExtremes(&x, inverseScale: inverseStep, using: &generator)
            let expected = x.map { CodeReference.nearest($0 - low, inverseScale: inverseStep, low: 0, high: 15) }
            let words = (length + 63) / 64 + 1
            for kernels in Self.levels {
                let place: Comment = "seed \(Self.seed + 2), \(kernels.level), length \(length)"
                var planes = [UInt64](repeating: .max, count: 4 * words)
                var span = planes.mutableSpan
                kernels.quantisePlanes(x.span, low: low, inverseStep: inverseStep, into: &span)
                var wanted = [UInt64](repeating: 0, count: 4 * words)
                for (j, u) in expected.enumerated() {
                    for b in 0..<4 where u >> b & 1 == 1 { wanted[b * words + j / 64] |= 1 << UInt64(j % 64) }
                }
                #expect(planes == wanted, place)
            }
        }
    }

    @Test func oneBitCodesMarkPositiveComponents() {
        var generator = SeededGenerator(seed: Self.seed + 3)
        for length in Self.lengths {
            var x = generator.floats(length)
            x[0] = -0.0
            x[length - 1] = .leastNonzeroMagnitude
            let found = Self.levels.map { kernels -> (OneBitEncoding, [UInt8]) in
                var code = [UInt8](repeating: 0xFF, count: (length + 63) / 64 * 8)
                var span = code.mutableSpan
                return (kernels.encodeOneBit(x.span, into: &span), code)
            }
            let place: Comment = "seed \(Self.seed + 3), length \(length)"
            #expect(found.allSatisfy { $0 == found[0] }, place)
            let (encoding, code) = found[0]
            for bit in 0..<(code.count * 8) {
                #expect((code[bit / 8] >> UInt8(bit % 8) & 1 == 1) == (bit < length && x[bit] > 0), place)
            }
            #expect(encoding.population == x.count { $0 > 0 }, place)
            expectSum(encoding.l1Norm, x.map { abs(Double($0)) }, place)
            expectSum(encoding.squaredNorm, x.map { Double($0) * Double($0) }, place)
        }
    }

    @Test func fourBitCodesAreFloors() {
        var generator = SeededGenerator(seed: Self.seed + 4)
        for dimension in [64, 128, 192, 384, 448, 1_024, 4_096] {
            var x = generator.floats(dimension)
            let inverseScale = Float.random(in: 0.5...12, using: &generator)
            plantExtremes(&x, inverseScale: inverseScale, using: &generator)
            let layout = CodeLayout(kind: .fourBit, dimension: dimension)
            let components = x.map { CodeReference.fourBits($0, inverseScale: inverseScale) }
            let found = Self.levels.map { kernels -> (CodeEncoding, [UInt8]) in
                var code = [UInt8](repeating: 0xFF, count: layout.codeBytes)
                var span = code.mutableSpan
                return (kernels.encodeFourBit(x.span, inverseScale: inverseScale, into: &span), code)
            }
            let place: Comment = "seed \(Self.seed + 4), dimension \(dimension)"
            #expect(found.allSatisfy { $0 == found[0] }, place)
            #expect(found[0].1 == CodeReference.code(components, layout: layout), place)
            expectEncoding(found[0].0, x, components.map { Double($0) - 7.5 }, place)
        }
    }

    @Test func eightBitCodesAreCentredAt128() {
        var generator = SeededGenerator(seed: Self.seed + 5)
        for length in Self.lengths {
            var x = generator.floats(length)
            let inverseScale = Float.random(in: 0.5...40, using: &generator)
            plantExtremes(&x, inverseScale: inverseScale, using: &generator)
            let points = x.map { CodeReference.nearest($0, inverseScale: inverseScale, low: -127, high: 127) }
            let found = Self.levels.map { kernels -> (CodeEncoding, [UInt8]) in
                var code = [UInt8](repeating: 0, count: length)
                var span = code.mutableSpan
                return (kernels.encodeEightBit(x.span, inverseScale: inverseScale, into: &span), code)
            }
            let place: Comment = "seed \(Self.seed + 5), length \(length)"
            #expect(found.allSatisfy { $0 == found[0] }, place)
            #expect(found[0].1.map { Int($0) - 128 } == points, place)
            expectEncoding(found[0].0, x, points.map(Double.init), place)
        }
    }

    @Test func notANumberBecomesTheLeastCode() {
        let x = [Float](repeating: .nan, count: 64)
        for kernels in Self.levels {
            var signed = [Int8](repeating: 0, count: 64)
            var signedSpan = signed.mutableSpan
            kernels.quantiseSigned(x.span, inverseScale: 1, into: &signedSpan)
            #expect(signed.allSatisfy { $0 == -127 }, "\(kernels.level)")
            var planes = [UInt64](repeating: .max, count: 4)
            var planesSpan = planes.mutableSpan
            kernels.quantisePlanes(x.span, low: 0, inverseStep: 1, into: &planesSpan)
            #expect(planes == [0, 0, 0, 0], "\(kernels.level)")
            var code = [UInt8](repeating: 9, count: 32)
            var codeSpan = code.mutableSpan
            #expect(kernels.encodeFourBit(x.span, inverseScale: 1, into: &codeSpan).squaredNorm.isNaN)
            #expect(code.allSatisfy { $0 == 0 }, "\(kernels.level)")
        }
    }

    /// Puts ties, bounds, infinities and zeros somewhere into x.
    private func plantExtremes(_ x: inout [Float], inverseScale: Float, using generator: inout SeededGenerator) {
        guard x.count > 12 else { return }
        let extremes: [Float] = [
            0.5 / inverseScale, 2.5 / inverseScale, -127.5 / inverseScale, 1e30, -1e30, 0, -0.0, .infinity, -.infinity,
        ]
        for value in extremes { x[Int.random(in: x.indices, using: &generator)] = value }
    }

    private func expectSum(_ found: Float, _ terms: [Double], _ place: Comment) {
        let exact = terms.reduce(0, +)
        #expect(abs(Double(found) - exact) <= CodeReference.sumErrorBound(terms), place)
    }

    /// Float sums of vectors with infinite or huge components have no bound to keep.
    private func expectEncoding(_ found: CodeEncoding, _ x: [Float], _ points: [Double], _ place: Comment) {
        guard x.allSatisfy({ abs($0) < 1e15 }) else { return }
        expectSum(found.dot, zip(x, points).map { Double($0) * $1 }, place)
        expectSum(found.squaredNorm, x.map { Double($0) * Double($0) }, place)
    }
}
