import Kernels
import TestSupport
import Testing

@testable import VectorIndex

@Suite struct RerankingTests {
    /// A beam that holds nodes by their estimated distances to a query, as a walk leaves it.
    private struct Pool {
        let index: HNSWIndex
        let scratch: SearchScratch
        /// By place.
        let estimates: [Candidate]
        private let reranking: Reranking

        init(_ index: HNSWIndex, slots: [UInt32], query: [Float]) throws {
            let dimension = index.dimension
            let scratch = SearchScratch(shape: .init(dimension: dimension, parameters: index.parameters))
            try index.metric.prepare(query.span, dimension: dimension, into: scratch.query.base)
            index.codes?.prepare(scratch.query.base, into: scratch.beam.queryCode)
            scratch.beam.begin(WalkReach(width: slots.count), slotCount: index.graph.slotCount)
            for slot in slots {
                var score = index.rows.distance(query: scratch.query.base, to: slot)
                index.codes?.score(scratch.beam.queryCode, slots: [slot], count: 1, into: &score)
                scratch.beam.offer(score, slot)
            }
            self.index = index
            self.scratch = scratch
            estimates = scratch.beam.sortedResults()
            reranking = Reranking(rows: index.rows, codes: index.codes)
        }

        func exact(_ slot: UInt32) -> Candidate {
            withExtendedLifetime(scratch) {
                Candidate(distance: index.rows.distance(query: scratch.query.base, to: slot), slot: slot)
            }
        }

        /// By exact distance.
        func exactOrder(_ places: Range<Int>) -> [Candidate] { estimates[places].map { exact($0.slot) }.sorted() }

        func nearest(_ k: Int, filter: HNSWSearcher.Filter = .none) -> [Candidate] {
            withExtendedLifetime(scratch) {
                reranking.nearest(k, query: scratch.query.base, filter: filter, beam: scratch.beam)
                    .map { Candidate(rank: $0) }
            }
        }

        func all() -> [Candidate] {
            withExtendedLifetime(scratch) { reranking.all(query: scratch.query.base, beam: scratch.beam) }
        }

        var vectorsRead: Int { scratch.beam.cost.vectorsRead }
    }

    private func makePool(_ setup: CodedSetup, count: Int, seed: UInt64) throws -> Pool {
        let index = try setup.index
        var data = SeededVectors(seed: seed)
        let live = (0..<UInt32(index.graph.slotCount)).filter { index.graph.isLive($0) }
        return try Pool(index, slots: Array(live.shuffled(using: &data).prefix(count)), query: data.vector(8))
    }

    private static let coded = CodedSetup.all.filter { $0.scheme != .none }

    /// Read is the shortest run of places after which no estimate, taken as too large by the margin, beats the results.
    @Test(arguments: coded)
    func readsNoVectorThatCannotWin(setup: CodedSetup) throws {
        for seed in UInt64(0)..<8 {
            let pool = try makePool(setup, count: 800, seed: seed)
            let codes = try #require(pool.index.codes)
            let margin = Reranking.deviations * codes.estimateDeviation(pool.scratch.beam.queryCode)
            for k in [1, 10, 64] {
                let before = pool.vectorsRead
                let found = pool.nearest(k)
                let read = pool.vectorsRead - before
                let place: Comment = "seed \(seed), k \(k), \(read) read"
                #expect(found == Array(pool.exactOrder(0..<read).prefix(k)), place)
                #expect(read >= k && read < 800, place)
                let worst = try #require(found.last?.distance)
                #expect(pool.estimates[read...].allSatisfy { $0.distance - margin > worst }, place)
                // The last one read could still have been among those.
                let others = pool.exactOrder(0..<(read - 1))
                #expect(others.count < k || pool.estimates[read - 1].distance - margin <= others[k - 1].distance, place)
            }
        }
    }

    /// With more results than are sorted by insertion, and for `all`, every vector is read.
    @Test(arguments: CodedSetup.all)
    func allOfThePool(setup: CodedSetup) throws {
        let pool = try makePool(setup, count: 300, seed: 0xA11)
        let truth = pool.exactOrder(0..<300)
        #expect(pool.all() == truth)
        #expect(pool.nearest(65) == Array(truth.prefix(65)))
        // Without codes the scores of the walk are exact already.
        #expect(pool.vectorsRead == (setup.scheme == .none ? 0 : 600))
    }

    @Test(arguments: CodedSetup.all)
    func moreResultsThanThePoolHolds(setup: CodedSetup) throws {
        for count in [0, 1, 5, 30] {
            let pool = try makePool(setup, count: max(1, count), seed: 0xB16)
            if count == 0 { pool.scratch.beam.begin(WalkReach(width: 1), slotCount: pool.index.graph.slotCount) }
            let truth = pool.exactOrder(0..<count)
            for k in [count + 1, 64, 65, 500] { #expect(pool.nearest(k) == truth, "\(k) of \(count)") }
            #expect(pool.all() == truth)
        }
    }

    /// Among the equally near the lower slots win, however they stand in the pool.
    @Test func equalDistances() throws {
        var data = SeededVectors(seed: 0xE0)
        let (near, far) = (data.vector(8), data.vector(8))
        let index = try makeBulkIndex(
            (0..<1_040).map { $0 % 4 == 3 ? near : far }, metric: .l2,
            parameters: HNSWParameters(codes: .fourBit))
        try #require(index.codes != nil)
        let pool = try Pool(index, slots: (0..<400).reversed(), query: near)
        for k in [1, 7, 64, 65, 100, 130] {
            let expected = (0..<400).filter { $0 % 4 == 3 } + (0..<400).filter { $0 % 4 != 3 }
            #expect(pool.nearest(k).map { Int($0.slot) } == Array(expected.prefix(k)), "k \(k)")
        }
    }

    @Test(arguments: CodedSetup.all)
    func onlyWhatTheFilterAllows(setup: CodedSetup) throws {
        let pool = try makePool(setup, count: 200, seed: 0xF1)
        let keys = pool.index.keys
        let allowed = pool.index.makeBitmap { $0 % 3 == 0 }
        let truth = pool.exactOrder(0..<200).filter { keys.key(of: $0.slot) % 3 == 0 }
        let found = allowed.withWords { words in words.map { pool.nearest(100, filter: .results($0)) } }
        #expect(truth.count > 30 && found == truth)
        #expect(pool.vectorsRead == (setup.scheme == .none ? 0 : truth.count))
    }
}
