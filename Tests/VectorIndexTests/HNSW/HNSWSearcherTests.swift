import TestSupport
import Testing

@testable import VectorIndex

@Suite struct HNSWSearcherTests {
    /// Filters of every width over clustered vectors, by whatever plan the index takes.
    @Test func filteredRecall() throws {
        let seed: UInt64 = 0xF1
        var data = SeededVectors(seed: seed)
        let vectors = data.clustered(count: 2_050, dimension: 32, clusters: 20, spread: 0.6)
        let index = try makeIndex(Array(vectors.prefix(2_000)), parameters: HNSWParameters(efConstruction: 100))
        for percent in [1, 10, 50, 90] {
            let allowed = index.makeBitmap { Int($0 &* 2_654_435_761 % 100) < percent }
            var found: [[Neighbor]] = [], walked: [[Neighbor]] = [], truth: [[Neighbor]] = []
            for query in vectors.suffix(50) {
                found.append(try index.search(query, k: 10, efSearch: 30, allowed: allowed))
                walked.append(try index.graphSearch(query, k: 10, efSearch: 30, allowed: allowed))
                truth.append(try index.exactSearch(query, k: 10, allowed: allowed))
            }
            #expect(truth.allSatisfy { $0.count == 10 })
            #expect(recall(found: found, truth: truth) >= 0.95, "seed \(seed), \(percent) %")
            #expect(recall(found: walked, truth: truth) >= 0.9, "seed \(seed), \(percent) %")
        }
    }

    /// Only the cluster farthest from the query is allowed: a walk would cross the whole graph, so it gives up and scans.
    @Test func aFilterFarFromTheQuery() throws {
        let index = try makeIndex((0..<3_000).map { [Float($0), 1] }, metric: .l2)
        let allowed = index.makeBitmap { $0 >= 2_000 }
        #expect(!ExactSearch.isCheaper(matches: allowed.count, count: index.count, ef: 5))
        let found = try index.search([0, 1], k: 5, efSearch: 5, allowed: allowed)
        #expect(found.map(\.key) == [2_000, 2_001, 2_002, 2_003, 2_004])
    }

    @Test func theWalkStopsAtItsScoreLimit() throws {
        var data = SeededVectors(seed: 0xF2)
        let vectors = data.clustered(count: 500, dimension: 8, clusters: 5, spread: 0.5)
        let index = try makeIndex(vectors)
        let searcher = HNSWSearcher(graph: index.graph, rows: index.rows)
        let scratch = SearchScratch(stride: index.rows.stride, degreeLimit: 32)
        let query = UnsafePointer(index.rows.row(0))
        #expect(!searcher.walk(query: query, level: 0, from: 7, ef: 50, scoreLimit: 20, scratch: scratch))
        #expect(searcher.walk(query: query, level: 0, from: 7, ef: 50, scoreLimit: 500, scratch: scratch))
        #expect(scratch.takeResults().first?.slot == 0)
    }

    @Test func staleBitmapsAreRefused() throws {
        let index = try makeIndex([[1, 0], [0, 1]])
        let bitmap = index.makeBitmap { _ in true }
        try index.add([1, 1], key: 0)
        #expect(try index.search([1, 0], k: 2, allowed: bitmap).count == 2)
        try index.add([1, 1], key: 2)
        let error = VectorIndexError.staleBitmap(expectedGeneration: 3, foundGeneration: 2)
        #expect(throws: error) { try index.search([1, 0], k: 2, allowed: bitmap) }
        #expect(throws: error) { try index.exactSearch([1, 0], k: 2, allowed: bitmap) }
        index.remove(key: 2)
        #expect(throws: VectorIndexError.self) { try index.search([1, 0], k: 2, allowed: bitmap) }
    }
}
