import Kernels
import TestSupport
import Testing

@testable import VectorIndex

/// Every way to carry out a filtered search, forced, against the full scan.
@Suite struct FilterPlanTests {
    enum Correlation: CaseIterable { case none, near, far }

    /// One index for all; changed by no test.
    struct Fixture {
        let vectors: [[Float]]
        let queries: [[Float]]
        let index: HNSWIndex

        init() throws {
            var data = SeededVectors(seed: 0xFA)
            let all = data.clustered(count: 1_308, dimension: 16, clusters: 25, spread: 0.6)
            vectors = Array(all.prefix(1_300))
            queries = Array(all.suffix(8))
            index = try bulkIndex(
                vectors, metric: .l2,
                parameters: HNSWParameters(m: 8, m0: 16, efConstruction: 40, efSearch: 40, codes: .fourBit), threads: 2)
        }
    }

    static let fixture = Result { try Fixture() }

    /// The share of the keys, chosen by chance, or those nearest to the query, or those farthest from it.
    private func bitmap(
        _ fixture: Fixture, _ query: [Float], share: Double, _ correlation: Correlation
    ) throws -> SlotBitmap {
        let count = Int(Double(fixture.vectors.count) * share)
        let order = try fixture.index.exactSearch(query, k: fixture.vectors.count).map(\.key)
        switch correlation {
        case .none: return fixture.index.makeBitmap { ($0 &* 0x9E37_79B9_7F4A_7C15) >> 40 < UInt64(share * 0x1p24) }
        case .near: return fixture.index.makeBitmap(keys: order.prefix(count))
        case .far: return fixture.index.makeBitmap(keys: order.suffix(count))
        }
    }

    private func scanCodes(_ index: HNSWIndex, _ query: [Float], k: Int, reranked: Int, _ allowed: SlotBitmap) throws
        -> [Neighbor]
    {
        let codes = try #require(index.codes)
        let scratch = SearchScratch(
            shape: SearchScratch.Shape(dimension: index.dimension, parameters: index.parameters))
        try index.metric.prepare(query.span, dimension: index.dimension, into: scratch.query.base)
        codes.prepare(scratch.query.base, into: scratch.beam.queryCode)
        ExactSearch(graph: index.graph, rows: index.rows)
            .searchCodes(codes, k: k, reranked: reranked, allowed: allowed, scratch: scratch)
        return scratch.nearest.takeSorted().map {
            let candidate = Candidate(rank: $0)
            return Neighbor(key: index.keys.key(of: candidate.slot), distance: candidate.distance)
        }
    }

    @Test(arguments: [0.01, 0.05, 0.2, 0.4, 0.9], Correlation.allCases)
    func recallOfEachPlan(share: Double, correlation: Correlation) throws {
        let fixture = try Self.fixture.get()
        let index = fixture.index
        var found: [String: [[Neighbor]]] = [:]
        var truth: [[Neighbor]] = []
        for query in fixture.queries {
            let allowed = try bitmap(fixture, query, share: share, correlation)
            let exact = try index.exactSearch(query, k: 10, allowed: allowed)
            truth.append(exact)
            #expect(exact.count == min(10, allowed.count))
            // The width that a walk through all nodes needs to meet as many results as the others.
            let wide = min(1_300, Int(60 / share))
            found["two hops", default: []].append(
                try index.graphSearch(query, k: 10, efSearch: 60, allowed: allowed, hops: 2))
            found["one hop", default: []].append(
                try index.graphSearch(query, k: 10, efSearch: wide, allowed: allowed, hops: 1))
            found["code scan", default: []].append(
                try scanCodes(index, query, k: 10, reranked: 128, allowed))
            found["search", default: []].append(try index.search(query, k: 10, allowed: allowed))
        }
        for (plan, lists) in found {
            let recall = recall(found: lists, truth: truth)
            // Far ones are reached only by walks that go through all that is nearer; `search` would scan so few.
            // So few are also more than two hops apart.
            let isWalk = plan.hasSuffix("hop") || plan.hasSuffix("hops")
            let isHard = correlation == .far || (plan == "two hops" && share < 0.2 && correlation == .none)
            let bound = isWalk && isHard ? 0 : isWalk ? 0.9 : 0.98
            #expect(recall >= bound, "\(plan), share \(share), \(correlation): recall \(recall)")
            #expect(zip(lists, truth).allSatisfy { $0.count <= $1.count })
        }
    }

    /// Whatever is asked: as many as there are, allowed ones only, in order.
    @Test func alwaysAllThatMatch() throws {
        let fixture = try Self.fixture.get()
        var data = SeededVectors(seed: 0xFB)
        for round in 0..<120 {
            let share = [0, 0.0005, 0.003, 0.02, 0.3, 0.7, 1][round % 7]
            let allowed = fixture.index.makeBitmap { _ in Double.random(in: 0..<1, using: &data) < share }
            let k = [1, 2, 10, 100, 3_000][round % 5]
            let found = try fixture.index.search(
                fixture.queries[round % 8], k: k, efSearch: [1, 5, 40][round % 3], allowed: allowed)
            #expect(found.count == min(k, allowed.count), "round \(round)")
            #expect(found.map(\.distance) == found.map(\.distance).sorted())
            let slots = found.compactMap { fixture.index.keys[$0.key] }
            #expect(slots.count == found.count && slots.allSatisfy { allowed.contains($0) })
            #expect(Set(slots).count == slots.count)
        }
    }
}
