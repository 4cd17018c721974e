import Kernels
import TestSupport
import Testing

@testable import VectorIndex

@Suite struct VectorCodesTests {
    static let schemes: [CodeScheme] = [.oneBit, .fourBit, .eightBit]

    struct Coded {
        let rows: VectorRows
        let codes: VectorCodes
        let count: Int

        init(_ vectors: [[Float]], metric: Metric, scheme: CodeScheme, seed: UInt64 = 1) throws {
            rows = try makeRows(vectors, metric: metric)
            count = vectors.count
            codes = try #require(
                try CodeTraining.makeCodes(
                    scheme: scheme, rows: rows, slotCount: count, live: Array(repeating: true, count: count),
                    seed: seed))
        }

        func estimates(_ query: [Float]) throws -> [Float] {
            let padded = try paddedVector(query, metric: rows.metric)
            let code = QueryCode(dimension: codes.layout.dimension, recordBytes: codes.layout.strideBytes)
            withExtendedLifetime(padded) { codes.prepare(padded.base, into: code) }
            var out = [Float](repeating: 0, count: count)
            codes.score(code, slots: Array(0..<UInt32(count)), count: count, into: &out)
            return out
        }

        func exact(_ query: [Float]) throws -> [Float] {
            let padded = try paddedVector(query, metric: rows.metric)
            return withExtendedLifetime(padded) {
                (0..<UInt32(count)).map { rows.distance(query: padded.base, to: $0) }
            }
        }

        /// A vector prepared, turned and without the mean, and its inner product with the mean before that.
        func residual(_ vector: [Float]) throws -> ([Float], meanDot: Float) {
            let padded = try paddedVector(vector, metric: rows.metric)
            let code = QueryCode(dimension: codes.layout.dimension, recordBytes: codes.layout.strideBytes)
            return withExtendedLifetime((padded, code)) {
                let (residual, meanDot) = codes.residual(of: padded.base, in: code)
                return ((0..<codes.layout.dimension).map { residual[$0] }, meanDot)
            }
        }

        func residualNorm(_ vector: [Float]) throws -> Double { Reference.norm(try residual(vector).0) }

        func encode(_ vector: [Float], slot: UInt32) throws {
            let padded = try paddedVector(vector, metric: rows.metric)
            let scratch = QueryCode(dimension: codes.layout.dimension, recordBytes: codes.layout.strideBytes)
            withExtendedLifetime(padded) { codes.encode(padded.base, slot: slot, scratch: scratch) }
        }
    }

    /// In units of ‖r‖·‖q − μ‖/√D. One bit: √(π/2 − 1) ≈ 0.755 from the code and 0.12 from the four bits of the query.
    /// Four bits: a step is 2.9/8 standard deviations, a rounding error 1/√12 of it. Eight bits: likewise with 4/127, twice.
    static func deviationBound(_ scheme: CodeScheme) -> Double {
        switch scheme {
        case .oneBit: 0.82
        case .fourBit: 0.14
        default: 0.016
        }
    }

    @Test(arguments: schemes, Metric.allCases)
    func estimatesHaveNoBiasAndASmallError(scheme: CodeScheme, metric: Metric) throws {
        for dimension in [48, 64, 100, 192] {
            let seed = UInt64(dimension)
            var data = SeededVectors(seed: seed)
            let vectors = data.clustered(count: 220, dimension: dimension, clusters: 6, spread: 0.7)
            let coded = try Coded(Array(vectors.prefix(200)), metric: metric, scheme: scheme)
            let norms = try vectors.prefix(200).map { try coded.residualNorm($0) }
            var errors: [Double] = []
            for query in vectors.suffix(20) {
                let own = try coded.residualNorm(query)
                for (slot, (found, exact)) in zip(try coded.estimates(query), try coded.exact(query)).enumerated() {
                    let scale = norms[slot] * own / Double(coded.codes.layout.dimension).squareRoot()
                    errors.append(Double(found - exact) / (metric == .l2 ? 2 : 1) / scale)
                }
            }
            let (mean, deviation) = moments(errors)
            let bound = Self.deviationBound(scheme)
            #expect(deviation <= bound, "\(scheme) \(metric) \(dimension): deviation \(deviation)")
            // 4,000 errors of 200 codes and 20 queries; each code and query has a lean of its own.
            #expect(abs(mean) <= bound / 8, "\(scheme) \(metric) \(dimension): mean error \(mean)")
        }
    }

    /// More bits, less error.
    @Test func schemesInOrder() throws {
        var data = SeededVectors(seed: 0xB1)
        let vectors = data.clustered(count: 210, dimension: 96, clusters: 4, spread: 1)
        let deviations = try Self.schemes.map { scheme in
            let coded = try Coded(Array(vectors.prefix(200)), metric: .l2, scheme: scheme)
            return moments(
                try vectors.suffix(10).flatMap { query in
                    zip(try coded.estimates(query), try coded.exact(query)).map { Double($0 - $1) }
                }
            ).deviation
        }
        #expect(deviations[0] > 4 * deviations[1] && deviations[1] > 4 * deviations[2], "\(deviations)")
    }

    /// Equal vectors are their own mean: nothing is left to code, and the estimate is exact.
    @Test(arguments: schemes, Metric.allCases)
    func zeroResiduals(scheme: CodeScheme, metric: Metric) throws {
        var data = SeededVectors(seed: 0xB2)
        let vector = data.vector(70)
        let coded = try Coded(Array(repeating: vector, count: 10), metric: metric, scheme: scheme)
        for query in [vector, data.vector(70)] {
            let exact = try coded.exact(query)
            for (found, exact) in zip(try coded.estimates(query), exact) {
                let scale = max(1, abs(exact), metric == .cosine ? 1 : Float(Reference.dot(vector, vector)))
                #expect(abs(found - exact) <= 2e-4 * scale, "\(scheme) \(metric): \(found) for \(exact)")
            }
        }
    }

    @Test(arguments: schemes, Metric.allCases)
    func strangeVectors(scheme: CodeScheme, metric: Metric) throws {
        let dimension = 64
        let ones = [Float](repeating: 1, count: dimension)
        let minusOnes = ones.map { -$0 }
        let unit = [1] + [Float](repeating: 0, count: dimension - 1)
        let tiny = ones.map { $0 * 1e-30 }
        let large = ones.map { $0 * 7e17 }
        let coded = try Coded([ones, ones, minusOnes, unit, tiny, large], metric: metric, scheme: scheme)
        for query in [ones, unit, tiny, large] {
            let estimates = try coded.estimates(query)
            #expect(estimates.allSatisfy { $0.isFinite }, "\(scheme) \(metric): \(estimates)")
            #expect(estimates[0] == estimates[1], "equal vectors have equal records")
        }
        let zero = [Float](repeating: 0, count: dimension)
        if metric != .cosine {
            let withZero = try Coded([zero, ones, minusOnes], metric: metric, scheme: scheme)
            // The mean is zero, and so is the residual of the first.
            #expect(abs(try withZero.estimates(ones)[0] - (metric == .l2 ? Float(dimension) : 0)) < 1e-3)
            #expect(try withZero.estimates(zero).allSatisfy { $0.isFinite })
        }
    }

    /// The whole way from the residual to the score, written out after the comments of the kernels, at every level.
    @Test(arguments: schemes, Metric.allCases)
    func estimatesAreTheSameAtEveryLevel(scheme: CodeScheme, metric: Metric) throws {
        var data = SeededVectors(seed: 0xB3)
        let dimension = 136
        let vectors = (0..<40).map { _ in data.vector(dimension) }
        let coded = try Coded(vectors, metric: metric, scheme: scheme)
        let codes = coded.codes
        let layout = codes.layout
        let records = UnsafeBufferPointer(start: codes.records.base, count: coded.count * layout.strideBytes)
        let slots = Array(0..<UInt32(coded.count))
        for query in (0..<5).map({ _ in data.vector(dimension) }) {
            let (residual, meanDot) = try coded.residual(query)
            let wanted = try coded.estimates(query)
            for level in SIMDLevel.available {
                let kernels = CodeKernels(level: level)
                let statistics = kernels.statistics(residual.span)
                var terms = CodeTerms()
                switch metric {
                case .cosine: terms.constant = 1 - meanDot
                case .dot: terms.constant = -meanDot
                case .l2: terms.constant = statistics.squaredNorm
                }
                var out = [Float](repeating: 0, count: coded.count)
                var span = out.mutableSpan
                if scheme == .oneBit {
                    let step = (statistics.maximum - statistics.minimum) / 15
                    var planes = [UInt64](repeating: 0, count: 4 * layout.wordsPerPlane)
                    var planeSpan = planes.mutableSpan
                    kernels.quantisePlanes(
                        residual.span, low: statistics.minimum, inverseStep: 1 / step, into: &planeSpan)
                    terms.alpha = 2 * step
                    terms.beta = 2 * statistics.minimum
                    terms.gamma = -statistics.sum
                    kernels.score(
                        layout, planes: planes.span, terms: terms, records: records.span, slots: slots.span,
                        into: &span)
                } else {
                    let step = statistics.absoluteMaximum / 127
                    var values = [Int8](repeating: 0, count: layout.dimension)
                    var valueSpan = values.mutableSpan
                    let sum = kernels.quantiseSigned(residual.span, inverseScale: 1 / step, into: &valueSpan)
                    terms.alpha = step
                    terms.gamma = -step * Float(sum) * (scheme == .fourBit ? 7.5 : 128)
                    kernels.score(
                        layout, values: values.span, terms: terms, records: records.span, slots: slots.span,
                        into: &span)
                }
                #expect(out == wanted, "\(scheme) \(metric) at \(level)")
            }
        }
    }

    /// A vector replaced in its slot leaves nothing of the old record.
    @Test(arguments: schemes)
    func encodingAgain(scheme: CodeScheme) throws {
        var data = SeededVectors(seed: 0xB4)
        let vectors = (0..<20).map { _ in data.vector(50) }
        let coded = try Coded(vectors, metric: .l2, scheme: scheme)
        let stride = coded.codes.layout.strideBytes
        let before = (0..<(20 * stride)).map { coded.codes.records[$0] }
        try coded.encode(data.vector(50), slot: 7)
        #expect((0..<(20 * stride)).map { coded.codes.records[$0] } != before)
        try coded.encode(vectors[7], slot: 7)
        #expect((0..<(20 * stride)).map { coded.codes.records[$0] } == before)
    }
}
