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
                walked.append(try index.graphSearch(query, k: 10, efSearch: 3_000 / percent, allowed: allowed))
                truth.append(try index.exactSearch(query, k: 10, allowed: allowed))
            }
            #expect(truth.allSatisfy { $0.count == 10 })
            #expect(recall(found: found, truth: truth) >= 0.95, "seed \(seed), \(percent) %")
            #expect(recall(found: walked, truth: truth) >= 0.9, "seed \(seed), \(percent) %")
        }
    }

    /// Only the cluster farthest from the query is allowed: a walk over all nodes would not get there.
    @Test func aFilterFarFromTheQuery() throws {
        let index = try makeIndex((0..<3_000).map { [Float($0), 1] }, metric: .l2)
        let allowed = index.makeBitmap { $0 >= 2_000 }
        let plan = SearchPlan.choose(matches: 1_000, count: 3_000, ef: 5, isFiltered: true, hasCodes: false)
        #expect(plan == .filteredWalk(ef: 5))
        let found = try index.search([0, 1], k: 5, efSearch: 5, allowed: allowed)
        #expect(found.map(\.key) == [2_000, 2_001, 2_002, 2_003, 2_004])
    }

    // MARK: The walk itself

    private func makeSmall(seed: UInt64, parameters: HNSWParameters = .init(m: 4, m0: 8)) throws -> HNSWIndex {
        var data = SeededVectors(seed: seed)
        return try makeIndex(
            data.clustered(count: 500, dimension: 8, clusters: 5, spread: 0.5), metric: .l2, parameters: parameters)
    }

    /// Lends a searcher and a scratch with the padded vector of `slot` as the query.
    private func withQuery(
        _ index: HNSWIndex, slot: UInt32, _ body: (HNSWSearcher, SearchScratch) -> Void
    ) {
        index.scratchPool.withScratch { scratch in
            index.rows.load(slot, into: scratch.query.base)
            body(HNSWSearcher(graph: index.graph, rows: index.rows, codes: index.codes), scratch)
        }
    }

    /// Level 0 is connected: from wherever a walk as wide as the index begins, it meets every node.
    @Test func aWalkAsWideAsTheIndexMeetsAll() throws {
        let index = try makeSmall(seed: 0xF2)
        let expected = (0..<UInt32(500)).map { Candidate(distance: index.rows.distance(17, $0), slot: $0) }.sorted()
        for start: UInt32 in [0, 17, 250, 499] {
            withQuery(index, slot: 17) { searcher, scratch in
                searcher.walk(
                    query: scratch.query.base, level: 0, from: [start], reach: WalkReach(width: 500), filter: .none,
                    beam: scratch.beam)
                #expect(scratch.beam.sortedResults() == expected, "from \(start)")
                #expect(scratch.beam.cost.scored == 500)
            }
        }
    }

    /// What the work of a walk hangs on is its width.
    @Test func narrowWalksScoreFew() throws {
        let index = try makeSmall(seed: 0xF3)
        withQuery(index, slot: 3) { searcher, scratch in
            var scored: [Int] = []
            for width in [1, 5, 20, 100] {
                searcher.walk(
                    query: scratch.query.base, level: 0, from: [3], reach: WalkReach(width: width), filter: .none,
                    beam: scratch.beam)
                let found = scratch.beam.sortedResults()
                #expect(found.first?.slot == 3 && found.count >= width)
                #expect(scratch.beam.cost.scored <= found.count * 3 * 8 + 1)
                scored.append(scratch.beam.cost.scored)
            }
            #expect(scored == scored.sorted() && scored[0] < 50)
        }
    }

    /// Among copies of one vector, too, the work of a walk hangs on its width and not on the number of copies.
    @Test func aNarrowWalkAmongCopiesScoresFew() throws {
        let index = try makeIndex((0..<1_500).map { _ in [1, 2, 3] }, metric: .l2)
        withQuery(index, slot: 0) { searcher, scratch in
            searcher.walk(
                query: scratch.query.base, level: 0, from: [0], reach: WalkReach(width: 20), filter: .none,
                beam: scratch.beam)
            #expect((20...21).contains(scratch.beam.cost.expanded))
            let scored = scratch.beam.cost.scored
            #expect(scored <= 20 * index.parameters.m0 + 1, "\(scored) vectors scored")
        }
    }

    @Test func upperLevelsHoldTheirNodesOnly() throws {
        let index = try makeSmall(seed: 0xF4)
        let graph = index.graph
        let entryPoint = try #require(graph.entryPoint)
        #expect(graph.topLevel >= 2)
        for level in 1...graph.topLevel {
            withQuery(index, slot: 9) { searcher, scratch in
                let query = UnsafePointer(scratch.query.base)
                searcher.walk(
                    query: query, level: level, from: [entryPoint], reach: WalkReach(width: 500), filter: .none,
                    beam: scratch.beam)
                let found = scratch.beam.sortedResults()
                #expect(!found.isEmpty && found.allSatisfy { graph.level(of: $0.slot) >= level })
            }
        }
    }

    /// A descent ends at a node none of whose neighbors on the level above is nearer.
    @Test func descending() throws {
        let index = try makeSmall(seed: 0xF5)
        let graph = index.graph
        let entryPoint = try #require(graph.entryPoint)
        for slot in stride(from: UInt32(0), to: 500, by: 23) {
            withQuery(index, slot: slot) { searcher, scratch in
                let query = UnsafePointer(scratch.query.base)
                let top = graph.topLevel
                #expect(searcher.descend(query: query, from: entryPoint, to: top, beam: scratch.beam) == entryPoint)
                for level in 0..<top {
                    let end = searcher.descend(query: query, from: entryPoint, to: level, beam: scratch.beam)
                    #expect(graph.level(of: end) > level)
                    let own = index.rows.distance(slot, end)
                    #expect(
                        graph.neighbors(of: end, level: level + 1).allSatisfy { index.rows.distance(slot, $0) >= own })
                }
            }
        }
    }

    /// Walks that take turns step by step find what one walk finds.
    @Test func steps() throws {
        let index = try makeSmall(seed: 0xF6)
        withQuery(index, slot: 40) { searcher, scratch in
            let query = UnsafePointer(scratch.query.base)
            searcher.walk(
                query: query, level: 0, from: [7], reach: WalkReach(width: 30), filter: .none, beam: scratch.beam)
            let whole = scratch.beam.sortedResults()
            searcher.begin(query: query, from: [7], reach: WalkReach(width: 30), beam: scratch.beam)
            var steps = 0
            while searcher.gather(query: query, level: 0, filter: .none, beam: scratch.beam) {
                #expect(scratch.beam.batchCount <= 8 * Beam.nodesPerStep)
                searcher.merge(query: query, beam: scratch.beam)
                #expect(scratch.beam.batchCount == 0)
                steps += 1
            }
            #expect(scratch.beam.sortedResults() == whole && steps >= whole.count / Beam.nodesPerStep)
        }
    }

    /// Both kinds of filters give allowed nodes only, each once; one hop goes through all nodes and so finds every match.
    @Test(arguments: [2, 3, 10])
    func filters(modulus: UInt64) throws {
        let index = try makeSmall(seed: 0xF7)
        let allowed = index.makeBitmap { $0 % modulus == 0 }
        var truth: [Candidate] = []
        allowed.forEach { truth.append(Candidate(distance: index.rows.distance(60, $0), slot: $0)) }
        truth.sort()
        withQuery(index, slot: 60) { searcher, scratch in
            let query = UnsafePointer(scratch.query.base)
            allowed.withWords { words in
                guard let words else { return }
                searcher.walk(
                    query: query, level: 0, from: [3], reach: WalkReach(width: 500), filter: .results(words),
                    beam: scratch.beam)
                scratch.beam.dropOutside(.results(words))
                #expect(scratch.beam.sortedResults() == truth)
                searcher.walk(
                    query: query, level: 0, from: [3], reach: WalkReach(width: 500), filter: .twoHop(words),
                    beam: scratch.beam)
                scratch.beam.dropOutside(.twoHop(words))
                let found = scratch.beam.sortedResults()
                #expect(Set(found.map(\.slot)).isSubset(of: truth.map(\.slot)))
                #expect(Set(found.map(\.slot)).count == found.count)
                // Where matches are rare, some are more than two hops from all others; the index then scans.
                #expect(found.count >= truth.count * (modulus < 10 ? 9 : 5) / 10, "\(found.count) of \(truth.count)")
            }
        }
    }

    // MARK: Bitmaps

    @Test func staleBitmapsAreRefused() throws {
        let index = try makeIndex([[1, 0], [0, 1]])
        let bitmap = index.makeBitmap { _ in true }
        try index.add([1, 1], key: 0)
        #expect(try index.search([1, 0], k: 2, allowed: bitmap).count == 2)
        try index.add([1, 1], key: 2)
        let isStale: (any Error) -> Bool = { error in
            guard case .staleBitmap(let expected, let found)? = error as? VectorIndexError else { return false }
            return expected == found + 1
        }
        #expect(performing: { try index.search([1, 0], k: 2, allowed: bitmap) }, throws: isStale)
        #expect(performing: { try index.exactSearch([1, 0], k: 2, allowed: bitmap) }, throws: isStale)
        try index.remove(key: 2)
        #expect(throws: VectorIndexError.self) { try index.search([1, 0], k: 2, allowed: bitmap) }
    }

    /// Bitmaps of another index, and what comes of combining bitmaps of different moments, are refused, not trusted.
    @Test func foreignAndMixedBitmapsAreRefused() throws {
        let index = try makeIndex([[1, 0], [0, 1]])
        let other = try makeIndex([[1, 0], [0, 1]])
        #expect(throws: VectorIndexError.self) {
            try index.search([1, 0], k: 2, allowed: other.makeBitmap { _ in true })
        }
        var mixed = index.makeBitmap { _ in true }
        try index.add([1, 1], key: 2)
        mixed.formUnion(index.makeBitmap { _ in true })
        let combined = mixed
        #expect(throws: VectorIndexError.self) { try index.search([1, 0], k: 2, allowed: combined) }
        let allowed = index.makeBitmap { $0 != 0 }
        let (found, method) = try index.search([1.0, 0.0].span, k: 5, exactUpTo: 10, allowed: allowed)
        #expect(method.isExact && found.map(\.key) == [2, 1])
    }
}
