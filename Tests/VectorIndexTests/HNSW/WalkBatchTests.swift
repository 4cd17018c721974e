import TestSupport
import Testing

@testable import VectorIndex

@Suite struct WalkBatchTests {
    /// Many queries, walked in turns on any number of threads, get what each gets alone. Numbers of queries around those
    /// that take turns (2) and that a thread takes at a time (16).
    @Test(arguments: CodedSetup.all)
    func agreesWithSingleWalks(setup: CodedSetup) throws {
        let seed: UInt64 = 0x3B
        var data = SeededVectors(seed: seed)
        let index = try setup.index
        #expect((index.codes == nil) == (setup.scheme == .none))
        // As the metric prepares them: of unit length for cosine.
        let queries = (0..<40).map { _ in
            let vector = data.vector(8)
            let norm = setup.metric == .cosine ? vector.reduce(0) { $0 + $1 * $1 }.squareRoot() : 1
            return vector.map { $0 / norm }
        }
        let single = try queries.map { try index.graphSearch($0, k: 7, efSearch: 20) }
        let searcher = HNSWSearcher(graph: index.graph, rows: index.rows, codes: index.codes)
        let batch = WalkBatch(searcher: searcher, scratchPool: index.scratchPool)
        for count in [0, 1, 2, 3, 5, 16, 17, 40] {
            for threads in [1, 3] {
                let lists = batch.search(
                    paddedQueries(Array(queries.prefix(count))), count: count, k: 7, ef: 20, threads: threads)
                #expect(lists.count == count)
                for (list, expected) in zip(lists, single) {
                    let place: Comment = "seed \(seed), \(count) queries, \(threads) threads"
                    #expect(zip(list, expected).allSatisfy { abs($0.distance - $1.distance) < 1e-5 }, place)
                    #expect(Set(list.map { index.keys.key(of: $0.slot) }) == Set(expected.map(\.key)), place)
                }
            }
        }
    }

    @Test func anEmptyGraph() throws {
        let index = try HNSWIndex(dimension: 3, metric: .l2)
        let searcher = HNSWSearcher(graph: index.graph, rows: index.rows, codes: nil)
        let batch = WalkBatch(searcher: searcher, scratchPool: index.scratchPool)
        let lists = batch.search(paddedQueries([[1, 2, 3], [4, 5, 6]]), count: 2, k: 3, ef: 10, threads: 2)
        #expect(lists == [[], []])
    }
}
