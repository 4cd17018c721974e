import Kernels
import TestSupport
import Testing

@testable import VectorIndex

@Suite struct VectorRowsTests {
    @Test(arguments: Metric.allCases)
    func theThreeFormsAgree(metric: Metric) {
        let seed: UInt64 = 0x5C0
        var generator = SeededVectors(seed: seed)
        for dimension in [1, 15, 16, 17, 100] {
            let rows = VectorRows(dimension: dimension, metric: metric)
            #expect(rows.stride % 16 == 0 && rows.stride >= dimension && rows.stride < dimension + 16)
            rows.grow(toHold: 20)
            let vectors = (0..<20).map { _ in generator.vector(dimension) }
            for (slot, vector) in vectors.enumerated() { rows.row(UInt32(slot)).update(from: vector, count: dimension) }
            #expect(rows.copy(3) == vectors[3])

            let slots: [UInt32] = [19, 0, 7, 7]
            var gathered = [Float](repeating: .nan, count: 4), block = [Float](repeating: .nan, count: 20)
            rows.distances(query: rows.row(5), slots: slots, count: 4, into: &gathered)
            rows.distances(query: rows.row(5), first: 0, count: 20, into: &block)
            for slot in 0..<UInt32(20) { #expect(block[Int(slot)] == rows.distance(5, slot), "seed \(seed)") }
            #expect(gathered == slots.map { block[Int($0)] }, "seed \(seed)")

            let dot = Reference.dot(vectors[5], vectors[19])
            let expected =
                switch metric {
                case .cosine: 1 - dot
                case .dot: -dot
                case .l2: Reference.squaredL2(vectors[5], vectors[19])
                }
            #expect(abs(Double(rows.distance(5, 19)) - expected) < 1e-3, "seed \(seed), dimension \(dimension)")
        }
    }
}
