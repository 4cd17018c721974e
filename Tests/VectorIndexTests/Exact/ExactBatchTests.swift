import TestSupport
import Testing

@testable import VectorIndex

@Suite struct ExactBatchTests {
    /// More rows than a block of the product, with holes, and more queries than a block, on one thread and on several.
    @Test(arguments: [(Metric.cosine, RowFormat.bfloat16), (.dot, .float32), (.l2, .float32), (.l2, .bfloat16)])
    func agreesWithSingleScans(metric: Metric, rows: RowFormat) throws {
        let seed: UInt64 = 0xEB
        var data = SeededVectors(seed: seed)
        let vectors = (0..<560).map { _ in data.vector(20) }
        let index = try makeBulkIndex(
            vectors, metric: metric, parameters: HNSWParameters(m: 2, m0: 4, efConstruction: 8, rows: rows))
        for key in stride(from: UInt64(0), to: 560, by: 9) { try index.remove(key: key) }
        let queries = (0..<130).map { _ in data.vector(20) }
        let single = try queries.map { try index.exactSearch($0, k: 6) }
        for threads in [1, 3] {
            let found = try index.exactSearchBatch(queries, k: 6, threads: threads)
            #expect(found.count == queries.count)
            for (list, expected) in zip(found, single) {
                #expect(list == expected, "seed \(seed), \(threads) threads")
            }
        }
    }

    @Test func edges() throws {
        let index = try makeIndex([[1, 0], [0, 1], [1, 1]], metric: .l2)
        #expect(try index.exactSearchBatch([], k: 3) == [])
        #expect(
            try index.exactSearchBatch([[1, 0], [0, 1]], k: 99).map { $0.map(\.key) } == [[0, 2, 1], [1, 2, 0]])
        let empty = try HNSWIndex(dimension: 2, metric: .l2)
        #expect(try empty.exactSearchBatch([[1, 0], [0, 1]], k: 3) == [[], []])
    }

    /// Distances small beside the norms: what the product of blocks leaves of them is noise, and yet a full scan must
    /// find the nearest.
    @Test func nearVectorsFarFromTheOrigin() throws {
        let seed: UInt64 = 0xEC
        var data = SeededVectors(seed: seed)
        let vectors = (0..<600).map { _ in (0..<16).map { _ in 1_000 + data.normal() * 0.01 } }
        let index = try makeBulkIndex(vectors, metric: .l2, parameters: HNSWParameters(m: 4, m0: 8))
        let queries = Array(vectors.prefix(20))
        let single = try queries.map { try index.exactSearch($0, k: 5) }
        #expect(try index.exactSearchBatch(queries, k: 5) == single, "seed \(seed)")
    }
}
