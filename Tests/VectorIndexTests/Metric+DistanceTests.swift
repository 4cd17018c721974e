import Kernels
import TestSupport
import Testing
import VectorIndex

@Suite struct MetricDistanceTests {
    @Test func byHand() {
        #expect(Metric.l2.distance([1, 2, 3], [1, 0, 0]) == 13)
        #expect(Metric.dot.distance([1, 2, 3], [1, 0, -1]) == 2)
        #expect(abs(Metric.cosine.distance([3, 4], [4, 3]) - 0.04) < 1e-6)
        #expect(Metric.cosine.distance([0, 0], [4, 3]) == 1)
        for metric in [Metric.l2, .dot] { #expect(metric.distance([], []) == 0) }
    }

    @Test(arguments: Metric.allCases)
    func agreesWithTheIndex(metric: Metric) throws {
        let seed: UInt64 = 0xD15
        var data = SeededVectors(seed: seed)
        for dimension in [1, 7, 33, 100] {
            let index = try HNSWIndex(dimension: dimension, metric: metric)
            let vector = data.vector(dimension), query = data.vector(dimension)
            try index.add(vector, key: 1)
            let found = try index.exactSearch(query, k: 1)[0].distance
            #expect(abs(metric.distance(query, vector) - found) < 1e-4 * max(1, abs(found)), "seed \(seed)")
        }
    }
}
