import TestSupport
import Testing

@testable import VectorIndex

@Suite struct WalkReachTests {
    @Test func theFormulas() {
        // Width ef + 5·k; 0.2·ef/k spreads to walk on, 0.94 spreads at least to keep.
        let common = WalkReach(k: 10, ef: 100, spread: 2)
        #expect(common.width == 150 && common.near == 9)
        #expect(abs(common.walked - 4) < 1e-5 && common.kept == common.walked)
        let narrow = WalkReach(k: 50, ef: 50, spread: 2)
        #expect(narrow.width == 300 && narrow.near == 49)
        #expect(abs(narrow.walked - 0.4) < 1e-6 && abs(narrow.kept - 1.88) < 1e-5)
        let single = WalkReach(k: 1, ef: 1, spread: 0.5)
        #expect(single.width == 6 && single.near == 0)
        #expect(abs(single.walked - 0.1) < 1e-7 && abs(single.kept - 0.47) < 1e-6)
        let copies = WalkReach(k: 3, ef: 30, spread: 0)
        #expect(copies.walked == 0 && copies.kept == 0)
    }

    @Test func fixedWidth() throws {
        let index = try CodedSetup.of(.none).index
        let scratch = SearchScratch(shape: .init(dimension: 8, parameters: index.parameters))
        for reach in [
            WalkReach(width: 70), WalkReach(k: 10, ef: 70, codes: nil, query: scratch.beam.queryCode),
        ] {
            #expect(reach.width == 70 && reach.near == .max && reach.walked == .infinity && reach.kept == .infinity)
        }
    }

    /// Recall@k and the nodes that a query goes on from.
    private func measure(
        _ index: HNSWIndex, _ queries: [[Float]], truth: [[Neighbor]], k: Int, reach: (QueryCode) -> WalkReach
    ) throws -> (recall: Double, expanded: Double) {
        let searcher = HNSWSearcher(graph: index.graph, rows: index.rows, codes: index.codes)
        let reranking = Reranking(rows: index.rows, codes: index.codes)
        let scratch = SearchScratch(shape: .init(dimension: index.dimension, parameters: index.parameters))
        let entryPoint = try #require(index.graph.entryPoint)
        var expanded = 0
        let found = try queries.map { query in
            try index.metric.prepare(query.span, dimension: index.dimension, into: scratch.query.base)
            let query = UnsafePointer(scratch.query.base)
            index.codes?.prepare(query, into: scratch.beam.queryCode)
            let start = searcher.descend(query: query, from: entryPoint, to: 0, beam: scratch.beam)
            searcher.walk(
                query: query, level: 0, from: [start], reach: reach(scratch.beam.queryCode), filter: .none,
                beam: scratch.beam)
            expanded += scratch.beam.cost.expanded
            return reranking.nearest(k, query: query, filter: .none, beam: scratch.beam).map {
                let candidate = Candidate(rank: $0)
                return Neighbor(key: index.keys.key(of: candidate.slot), distance: candidate.distance)
            }
        }
        return (recall(found: found, truth: truth), Double(expanded) / Double(queries.count))
    }

    /// Against the narrowest walk of fixed width that goes on from more nodes. Vectors of wide, overlapping clusters, so
    /// that recall stays below 1; the gain is small on these.
    @Test(arguments: Metric.allCases)
    func fewerNodesForTheSameRecall(metric: Metric) throws {
        let seed: UInt64 = 0x5EAC
        var data = SeededVectors(seed: seed)
        let vectors = data.clustered(count: 5_150, dimension: 64, clusters: 40, spread: 1.5)
        let queries = Array(vectors.suffix(150))
        let index = try bulkIndex(
            Array(vectors.prefix(5_000)), metric: metric, parameters: HNSWParameters(m: 8, m0: 16), threads: 2)
        try #require(index.codes != nil)
        for (k, ef) in [(1, 30), (10, 50), (50, 50), (50, 100)] {
            let truth = try queries.map { try index.exactSearch($0, k: k) }
            let reaching = try measure(index, queries, truth: truth, k: k) {
                WalkReach(k: k, ef: ef, codes: index.codes, query: $0)
            }
            var width = max(k, Int(reaching.expanded) - 8)
            var fixed = (recall: 0.0, expanded: 0.0)
            while fixed.expanded <= reaching.expanded {
                width += 1
                fixed = try measure(index, queries, truth: truth, k: k) { [width] _ in WalkReach(width: width) }
            }
            let place: Comment = "seed \(seed), \(metric), k \(k), ef \(ef): \(reaching), width \(width): \(fixed)"
            #expect(reaching.recall >= fixed.recall, place)
            #expect(reaching.recall < 1, place)
            // Where ef is not far above k, recall is not below that of a walk as wide as ef.
            let wide = try measure(index, queries, truth: truth, k: k) { _ in WalkReach(width: max(ef, k)) }
            if ef < 2 * k || k <= 10 {
                #expect(reaching.recall >= wide.recall, "\(wide) at the width of ef, \(place)")
            }
        }
    }

    /// Distances that hardly differ must not end a walk early.
    @Test(arguments: [(true, Metric.cosine), (false, .l2), (false, .dot)])
    func nearIdenticalVectors(areTableRows: Bool, metric: Metric) throws {
        let seed: UInt64 = 0xA1DE
        var data = SeededVectors(seed: seed)
        let center = data.vector(64)
        let vectors =
            areTableRows
            ? data.tableRows(count: 2_100, dimension: 64, fields: 8, valuesPerField: 12)
            : (0..<2_100).map { _ in center.map { $0 + data.normal() * 0.01 } }
        let index = try bulkIndex(Array(vectors.prefix(2_000)), metric: metric, threads: 2)
        try #require(index.codes != nil)
        let recall = try index.graphRecall(Array(vectors.suffix(100)), k: 10, efSearch: index.parameters.efSearch)
        #expect(recall >= 0.95, "seed \(seed), \(metric), recall \(recall)")
    }
}
