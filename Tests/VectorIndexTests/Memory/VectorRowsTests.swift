import Kernels
import TestSupport
import Testing

@testable import VectorIndex

@Suite struct VectorRowsTests {
    private static let dimensions = [1, 15, 16, 17, 32, 33, 64, 100]

    @Test(arguments: Metric.allCases, RowFormat.allCases)
    func allFormsOfDistancesAgree(metric: Metric, format: RowFormat) {
        let seed: UInt64 = 0x5C0
        var generator = SeededVectors(seed: seed)
        for dimension in Self.dimensions {
            let place: Comment = "seed \(seed), dimension \(dimension)"
            let rows = VectorRows(dimension: dimension, metric: metric, format: format)
            rows.grow(toHold: 20)
            let vectors = (0..<20).map { _ in generator.vector(dimension) }
            for (slot, vector) in vectors.enumerated() { rows.store(padded(vector), slot: UInt32(slot)) }
            // From here on the vectors as stored, so that rounding to bfloat16 plays no part.
            let stored = (0..<UInt32(20)).map { rows.copy($0) }
            let slots: [UInt32] = [19, 0, 7, 7, 5]
            var gathered = [Float](repeating: .nan, count: 5)
            rows.distances(query: padded(stored[5]), slots: slots, count: 5, into: &gathered)
            for (number, slot) in slots.enumerated() {
                let expected =
                    switch metric {
                    case .cosine: 1 - Reference.dot(stored[5], stored[Int(slot)])
                    case .dot: -Reference.dot(stored[5], stored[Int(slot)])
                    case .l2: Reference.squaredL2(stored[5], stored[Int(slot)])
                    }
                let single = rows.distance(query: padded(stored[5]), to: slot)
                #expect(abs(Double(single) - expected) < 1e-3, place)
                #expect(abs(gathered[number] - single) < 1e-4 && abs(rows.distance(5, slot) - single) < 1e-4, place)
            }
            #expect(rows.distance(3, 9) == rows.distance(9, 3), place)
        }
    }

    @Test func rowsAreWholeCacheLines() {
        for dimension in Self.dimensions + [4_096] {
            for format in RowFormat.allCases {
                let rows = VectorRows(dimension: dimension, metric: .l2, format: format)
                #expect(rows.rowBytes % 64 == 0 && rows.stride >= dimension)
                #expect(rows.rowBytes < dimension * format.componentBytes + 64)
                #expect(rows.capacity == 0)
                rows.grow(toHold: 3)
                #expect(rows.capacity >= 3)
                #expect(VectorRows.queryStride(dimension: dimension) >= rows.stride)
            }
        }
    }

    @Test func float32IsKeptAsItIs() {
        let rows = VectorRows(dimension: 3, metric: .dot)
        rows.grow(toHold: 2)
        rows.store(padded([0.1, -.greatestFiniteMagnitude, .leastNonzeroMagnitude]), slot: 1)
        #expect(rows.copy(1) == [0.1, -.greatestFiniteMagnitude, .leastNonzeroMagnitude])
        #expect(rows.copy(0) == [0, 0, 0])
    }

    /// bfloat16 keeps 8 significant bits: numbers of that many come back whole, others within half a step.
    @Test func bfloat16IsRounded() {
        let rows = VectorRows(dimension: 4, metric: .dot, format: .bfloat16)
        rows.grow(toHold: 1)
        rows.store(padded([1, -0.5, 255, 3]), slot: 0)
        #expect(rows.copy(0) == [1, -0.5, 255, 3])
        let vector: [Float] = [0.1, -0.7, 1_234.5, 1e-20]
        rows.store(padded(vector), slot: 0)
        for (found, exact) in zip(rows.copy(0), vector) { #expect(abs(found - exact) <= abs(exact) / 256) }
    }

    @Test(arguments: RowFormat.allCases)
    func blocks(format: RowFormat) {
        var generator = SeededVectors(seed: 0x5C1)
        let rows = VectorRows(dimension: 17, metric: .l2, format: format)
        rows.grow(toHold: 6)
        for slot in 0..<UInt32(6) { rows.store(padded(generator.vector(17)), slot: slot) }
        let scratch = AlignedBuffer<Float>(capacity: 4 * rows.stride)
        let block = rows.block(first: 2, count: 4, scratch: scratch)
        for row in 0..<4 {
            let copy = (0..<17).map { block[row * rows.stride + $0] }
            #expect(copy == rows.copy(UInt32(row + 2)))
            #expect((17..<rows.stride).allSatisfy { block[row * rows.stride + $0] == 0 })
        }
    }
}
