import Kernels
import Testing

/// Deterministic values in -scale…scale.
private struct Values {
    var state: UInt64

    mutating func next(_ count: Int, scale: Float) -> [Float] {
        (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Float(state >> 40) / Float(1 << 24) * 2 - 1) * scale
        }
    }
}

private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

/// Every level that this CPU runs, with sizes around the vector widths, against the plain meaning.
@Suite struct RowKernelsTests {
    static let levels = (0..<RowKernels.levelCount).compactMap { RowKernels(level: $0) }
    static let columnCounts = [1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 100, 384]

    @Test func theBaselineAlwaysRunsAndUnknownLevelsDoNot() {
        #expect(Self.levels.first?.name == "baseline")
        #expect(Self.levels.last?.name == RowKernels.best.name)
        #expect(RowKernels(level: -1) == nil)
        #expect(RowKernels(level: RowKernels.levelCount) == nil)
        #expect(RowKernels(level: Int.max) == nil)
    }

    @Test func biasGELUIsTheExactFormula() {
        for kernels in Self.levels {
            var values = Values(state: 1)
            for columns in Self.columnCounts {
                let (x, bias) = (values.next(3 * columns, scale: 8), values.next(columns, scale: 2))
                var result = x
                var span = result.mutableSpan
                kernels.biasGELU(&span, bias: bias.span, rows: 3, columns: columns)
                for i in x.indices {
                    let sum = x[i] + bias[i % columns]
                    #expect(
                        abs(result[i] - RowReference.gelu(sum)) <= 4e-7 * (1 + abs(sum)),
                        "\(kernels.name), \(columns) columns, gelu(\(sum)) = \(result[i])")
                }
            }
        }
    }

    @Test func softmaxRowsSumToOneAndLeaveTheGapsAlone() {
        for kernels in Self.levels {
            var values = Values(state: 2)
            for columns in Self.columnCounts {
                let stride = columns + 5
                let x = values.next(3 * stride, scale: 30)
                var result = x
                var span = result.mutableSpan
                kernels.softmax(&span, rows: 3, columns: columns, stride: stride)
                for row in 0..<3 {
                    let start = row * stride
                    let expected = RowReference.softmax(Array(x[start..<(start + columns)]))
                    let found = Array(result[start..<(start + columns)])
                    #expect(largestDifference(expected, found) < 1e-6, "\(kernels.name), \(columns) columns")
                    let gap = (start + columns)..<(start + stride)
                    #expect(result[gap] == x[gap], "\(kernels.name), \(columns) columns")
                }
            }
        }
    }

    @Test func softmaxOfFarApartValuesIsOneAndZero() {
        for kernels in Self.levels {
            var x: [Float] = [-3e38, 0, -1000]
            var span = x.mutableSpan
            kernels.softmax(&span, rows: 1, columns: 3, stride: 3)
            #expect(x[1] == 1 && x[0] < 1e-37 && x[2] < 1e-37)
        }
    }

    @Test func layerNormAddsResidualAndBias() {
        for kernels in Self.levels {
            var values = Values(state: 3)
            for columns in Self.columnCounts {
                let (x, residual) = (values.next(2 * columns, scale: 3), values.next(2 * columns, scale: 3))
                let (bias, gamma, beta) =
                    (values.next(columns, scale: 1), values.next(columns, scale: 2), values.next(columns, scale: 1))
                var full = x
                var fullSpan = full.mutableSpan
                kernels.layerNorm(
                    &fullSpan, residual: residual.span, bias: bias.span, gamma: gamma.span, beta: beta.span,
                    epsilon: 1e-5, rows: 2, columns: columns)
                var alone = x
                var aloneSpan = alone.mutableSpan
                kernels.layerNorm(
                    &aloneSpan, residual: nil, bias: nil, gamma: gamma.span, beta: beta.span, epsilon: 1e-5, rows: 2,
                    columns: columns)
                for row in 0..<2 {
                    let range = (row * columns)..<((row + 1) * columns)
                    let sums = range.map { x[$0] + residual[$0] + bias[$0 - range.lowerBound] }
                    for (found, input) in [(full, sums), (alone, Array(x[range]))] {
                        let expected = RowReference.layerNorm(input, gamma: gamma, beta: beta, epsilon: 1e-5)
                        #expect(
                            largestDifference(expected, Array(found[range])) < 2e-4,
                            "\(kernels.name), \(columns) columns")
                    }
                }
            }
        }
    }

    @Test func meanUnitLengthAddAndFill() {
        for kernels in Self.levels {
            var values = Values(state: 4)
            for columns in Self.columnCounts {
                let x = values.next(5 * columns, scale: 2)
                var mean = [Float](repeating: 9, count: columns)
                var meanSpan = mean.mutableSpan
                kernels.mean(x.span, rows: 5, columns: columns, into: &meanSpan)
                #expect(largestDifference(mean, RowReference.mean(x, rows: 5, columns: columns)) < 1e-6)

                var unit = x
                var unitSpan = unit.mutableSpan
                let norm = kernels.unitLength(&unitSpan)
                #expect(norm > 0)
                #expect(largestDifference(unit, RowReference.unitLength(x)) < 1e-6)

                let (a, b, d) = (Array(x[..<columns]), values.next(columns, scale: 1), values.next(columns, scale: 1))
                var sums = [Float](repeating: 7, count: columns + 2)
                var sumsSpan = sums.mutableSpan
                kernels.add(a.span, b.span, d.span, into: &sumsSpan, start: 1)
                #expect(sums == [7] + a.indices.map { a[$0] + b[$0] + d[$0] } + [7])

                var filled = [Float](repeating: 7, count: 2 * columns + 1)
                var filledSpan = filled.mutableSpan
                kernels.fillRows(&filledSpan, with: a.span, rows: 2, columns: columns, stride: columns + 1)
                #expect(filled == a + [7] + a)
            }
        }
    }

    @Test func unitLengthLeavesWhatHasNoDirection() {
        for kernels in Self.levels {
            for x: [Float] in [[0, 0, 0], [.nan, 1], [.infinity, 1]] {
                var found = x
                var span = found.mutableSpan
                let norm = kernels.unitLength(&span)
                #expect(!(norm > 0 && norm.isFinite))
                #expect(found.map(\.bitPattern) == x.map(\.bitPattern))
            }
        }
    }

    @Test func halfPrecisionWidensExactly() {
        // Binary16: 1, -2, 65504, smallest subnormal, infinity, -0; bfloat16: 1, -2, infinity, smallest subnormal.
        let halves: [UInt16] = [0x3C00, 0xC000, 0x7BFF, 0x0001, 0x7C00, 0x8000]
        var wide = [Float](repeating: 0, count: halves.count)
        var span = wide.mutableSpan
        HalfPrecision.float16.widen(halves.span, into: &span)
        #expect(wide == [1, -2, 65504, 0x1p-24, .infinity, 0] && wide[5].sign == .minus)

        let brains: [UInt16] = [0x3F80, 0xC000, 0x7F80, 0x0001]
        var values = [Float](repeating: 0, count: brains.count)
        var valuesSpan = values.mutableSpan
        HalfPrecision.bfloat16.widen(brains.span, into: &valuesSpan)
        #expect(values == [1, -2, .infinity, Float(bitPattern: 0x10000)])

        let notNumbers: [UInt16] = [0x7E00]
        var one: [Float] = [0]
        var oneSpan = one.mutableSpan
        HalfPrecision.float16.widen(notNumbers.span, into: &oneSpan)
        #expect(one[0].isNaN)
    }

    @Test func firstNotFiniteFindsTheFirst() {
        var x = [Float](repeating: 1, count: 3000)
        #expect(firstNotFinite(x.span) == nil)
        x[2999] = -.infinity
        #expect(firstNotFinite(x.span) == 2999)
        x[1024] = .nan
        #expect(firstNotFinite(x.span) == 1024)
        #expect(firstNotFinite([Float]().span) == nil)
    }
}
