import TestSupport
import Testing

@testable import VectorIndex

/// Many queries at once give what they give one by one.
@Suite struct BatchSearchTests {
    private func expectSame(_ batch: [[Neighbor]], _ single: [[Neighbor]], _ comment: Comment) {
        #expect(batch.count == single.count, comment)
        for (number, (found, wanted)) in zip(batch, single).enumerated() {
            #expect(found.map(\.distance) == wanted.map(\.distance), "query \(number), \(comment)")
            // At the last place any of the equally near ones is right.
            let edge = wanted.last?.distance
            #expect(
                found.filter { $0.distance != edge } == wanted.filter { $0.distance != edge },
                "query \(number), \(comment)")
        }
    }

    @Test(arguments: [
        (Metric.cosine, RowFormat.float32, CodeScheme.fourBit, 12), (.dot, .bfloat16, .none, 12),
        (.l2, .float32, .oneBit, 25),
    ])
    func searchBatchEqualsSearch(metric: Metric, rows: RowFormat, codes: CodeScheme, ef: Int) throws {
        let seed: UInt64 = 0xBA
        var data = SeededVectors(seed: seed)
        for count in [300, 1_060] {
            let parameters = HNSWParameters(m: 5, m0: 10, efConstruction: 20, efSearch: ef, rows: rows, codes: codes)
            let vectors = data.clustered(count: count + 37, dimension: 10, clusters: 6, spread: 0.5)
            let index = try bulkIndex(Array(vectors.prefix(count)), metric: metric, parameters: parameters)
            for key in stride(from: UInt64(0), to: UInt64(count), by: 29) { try index.remove(key: key) }
            let queries = Array(vectors.suffix(37))
            // Which plan it takes shows in the count of vectors; both kinds must be among these.
            for (k, threads, number) in [(1, 1, 0), (3, 1, 1), (10, 1, 37), (10, 3, 37), (4, 2, 17), (40, 1, 5)] {
                let flat = queries.prefix(number).flatMap { $0 }
                let found = try index.searchBatch(flat.span, k: k, threads: threads)
                let wanted = try queries.prefix(number).map { try index.search($0, k: k) }
                expectSame(found, wanted, "\(metric) \(codes), seed \(seed), k \(k), \(threads) threads")
            }
        }
    }

    /// A walk, and not a scan in disguise.
    @Test func batchesWalk() throws {
        var data = SeededVectors(seed: 0xBB)
        let parameters = HNSWParameters(m: 4, m0: 8, efConstruction: 20, codes: .oneBit)
        let vectors = (0..<1_040).map { _ in data.vector(20) }
        let index = try bulkIndex(vectors, parameters: parameters)
        let flat = vectors.prefix(60).flatMap { $0 }
        let found = try index.searchBatch(flat.span, k: 5, efSearch: 5, threads: 2)
        #expect(found == (try vectors.prefix(60).map { try index.graphSearch($0, k: 5, efSearch: 5) }))
        #expect(found != (try index.exactSearchBatch(flat.span, k: 5)))
    }

    @Test(arguments: Metric.allCases, RowFormat.allCases)
    func exactSearchBatchEqualsExactSearch(metric: Metric, rows: RowFormat) throws {
        var data = SeededVectors(seed: 0xBC)
        let parameters = HNSWParameters(m: 4, m0: 8, efConstruction: 5, rows: rows)
        let vectors = data.clustered(count: 740, dimension: 9, clusters: 5, spread: 0.3)
        let index = try bulkIndex(Array(vectors.prefix(600)), metric: metric, parameters: parameters)
        for key in stride(from: UInt64(0), to: 600, by: 17) { try index.remove(key: key) }
        let queries = Array(vectors.suffix(140))
        for (k, threads, number) in [(1, 1, 1), (10, 1, 140), (10, 3, 140), (7, 2, 130), (5_000, 1, 2), (3, 64, 3)] {
            let flat = queries.prefix(number).flatMap { $0 }
            let found = try index.exactSearchBatch(flat.span, k: k, threads: threads)
            let wanted = try queries.prefix(number).map { try index.exactSearch($0, k: k) }
            for (found, wanted) in zip(found, wanted) {
                #expect(found.count == wanted.count)
                // Products of blocks round otherwise: of two that are equally near but for that, either may be last.
                for (a, b) in zip(found, wanted) {
                    #expect(abs(a.distance - b.distance) <= 2e-6 * max(1, abs(b.distance)))
                }
                #expect(Set(found.map(\.key)).symmetricDifference(wanted.map(\.key)).count <= 2)
            }
        }
    }

    /// Vectors far from the origin, near one another: the squared distance must not be the small difference of large
    /// numbers. The second set has two such places, so that no common center helps.
    @Test(arguments: [false, true])
    func farFromTheOrigin(isTwofold: Bool) throws {
        var data = SeededVectors(seed: 0xBD)
        let vectors = (0..<460).map { number in
            data.vector(8).map { $0 * 0.1 + (isTwofold && number % 2 == 0 ? -4_000 : 4_000) }
        }
        let parameters = HNSWParameters(m: 4, m0: 8, efConstruction: 5)
        let index = try bulkIndex(Array(vectors.prefix(400)), metric: .l2, parameters: parameters)
        let flat = vectors.suffix(60).flatMap { $0 }
        let found = try index.exactSearchBatch(flat.span, k: 10)
        #expect(found == (try vectors.suffix(60).map { try index.exactSearch($0, k: 10) }))
    }

    @Test func emptyIndexAndNoQueries() throws {
        let index = try HNSWIndex(dimension: 2, metric: .l2)
        let none: [Float] = []
        let two: [Float] = [1, 2, 3, 4]
        #expect(try index.searchBatch(none.span, k: 3) == [])
        #expect(try index.searchBatch(two.span, k: 3) == [[], []])
        #expect(try index.exactSearchBatch(two.span, k: 3, threads: 2) == [[], []])
        try index.add([1, 1], key: 4)
        #expect(try index.searchBatch(none.span, k: 3) == [])
        #expect(try index.searchBatch(two.span, k: .max).map { $0.map(\.key) } == [[4], [4]])
        #expect(try index.exactSearchBatch(two.span, k: .max).map { $0.map(\.key) } == [[4], [4]])
    }

    @Test func badArguments() throws {
        let index = try makeIndex([[1, 0], [0, 1]])
        let good: [Float] = [1, 0, 0, 1]
        for k in [0, -1, Int.min] {
            #expect(throws: VectorIndexError.invalidParameter(name: "k", value: k, allowed: "1 or more")) {
                try index.searchBatch(good.span, k: k)
            }
        }
        for threads in [0, -1, 65, Int.max] {
            #expect(throws: VectorIndexError.self) { try index.searchBatch(good.span, k: 1, threads: threads) }
            #expect(throws: VectorIndexError.self) { try index.exactSearchBatch(good.span, k: 1, threads: threads) }
        }
        #expect(throws: VectorIndexError.self) { try index.searchBatch(good.span, k: 1, efSearch: 0) }
        let ragged: [Float] = [1, 0, 1]
        #expect(throws: VectorIndexError.dimensionMismatch(expected: 2, found: 1)) {
            try index.searchBatch(ragged.span, k: 1)
        }
        let zero: [Float] = [1, 0, 0, 0]
        #expect(try index.exactSearchBatch(zero.span, k: 1).map { $0.map(\.distance) } == [[0], [1]])
        let infinite: [Float] = [1, 0, .infinity, 0]
        #expect(throws: VectorIndexError.notFinite(component: 0)) { try index.searchBatch(infinite.span, k: 1) }
    }
}
