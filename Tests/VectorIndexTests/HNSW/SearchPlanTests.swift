import Testing

@testable import VectorIndex

@Suite struct SearchPlanTests {
    private func choose(
        _ matches: Int, of count: Int, ef: Int = 100, filtered: Bool = true, codes: Bool = true
    ) -> SearchPlan {
        SearchPlan.choose(matches: matches, count: count, ef: ef, isFiltered: filtered, hasCodes: codes)
    }

    @Test func fewMatchesAreScanned() {
        for codes in [true, false] {
            #expect(choose(1, of: 1_000_000, ef: 1, codes: codes) == .scan)
            #expect(choose(500, of: 1_000_000, ef: 1, codes: codes) == .scan)
            #expect(choose(500, of: 500, ef: 1, filtered: false, codes: codes) == .scan)
            #expect(choose(501, of: 1_000_000, ef: 1, codes: codes) != .scan)
        }
    }

    /// A walk costs as much as a scan of 8 vectors for each place of its beam with codes, of 30 without.
    @Test func withoutAFilter() {
        #expect(choose(800, of: 800, filtered: false) == .scan)
        #expect(choose(801, of: 801, filtered: false) == .walk(width: 100, hops: 1))
        #expect(choose(3_000, of: 3_000, filtered: false, codes: false) == .scan)
        #expect(choose(3_001, of: 3_001, filtered: false, codes: false) == .walk(width: 100, hops: 1))
        #expect(choose(1_000_000, of: 1_000_000, ef: 1, filtered: false) == .walk(width: 1, hops: 1))
    }

    /// A filter that lets everything through is none.
    @Test func aFilterThatAllowsAll() {
        #expect(choose(100_000, of: 100_000) == choose(100_000, of: 100_000, filtered: false))
    }

    @Test func middlingFiltersScanCodes() {
        #expect(choose(801, of: 100_000) == .scanCodes(reranked: 128))
        #expect(choose(50_000, of: 200_000) == .scanCodes(reranked: 128))
        #expect(choose(20_000, of: 100_000, ef: 300) == .scanCodes(reranked: 300))
        #expect(choose(50_001, of: 200_000) == .walk(width: 100, hops: 2))
        #expect(choose(10_000, of: 20_000) == .scanCodes(reranked: 128))
        #expect(choose(10_001, of: 20_000) == .walk(width: 199, hops: 1))
        #expect(choose(3_000, of: 100_000, codes: false) == .scan)
        #expect(choose(3_001, of: 100_000, codes: false) == .walk(width: 100, hops: 2))
    }

    /// From four in ten on the walk goes through all nodes, as many more as are no matches.
    @Test func wideFiltersWalk() {
        #expect(choose(79_999, of: 200_000) == .walk(width: 100, hops: 2))
        #expect(choose(40_000, of: 100_000) == .walk(width: 250, hops: 1))
        #expect(choose(50_000, of: 100_000) == .walk(width: 200, hops: 1))
        #expect(choose(99_999, of: 100_000) == .walk(width: 100, hops: 1))
    }

    /// A walk is never wider than the index.
    @Test func widthsStayWithinTheIndex() {
        #expect(choose(900, of: 901, ef: 25, codes: false) == .walk(width: 25, hops: 1))
        for (matches, count, ef) in [(600, 1_000, 19), (900_000, 1_000_000, 100_000), (501, 502, 10)] {
            guard case .walk(let width, _) = choose(matches, of: count, ef: ef, codes: false) else { continue }
            #expect(width <= count && width >= min(ef, count))
        }
    }

    /// Whatever the numbers, the choice holds nothing that the index could not carry out.
    @Test func allNumbers() {
        for matches in [1, 2, 499, 501, 5_000, 1 << 30] {
            for count in [matches, matches + 1, matches * 3, 1 << 30] where count >= matches && count <= 1 << 30 {
                for ef in [1, 10, 100_000, count] {
                    for codes in [true, false] {
                        for filtered in [true, matches < count] {
                            let plan = choose(matches, of: count, ef: ef, filtered: filtered, codes: codes)
                            switch plan {
                            case .scan: break
                            case .scanCodes(let reranked): #expect(codes && reranked >= ef)
                            case .walk(let width, let hops):
                                #expect(width >= 1 && width <= max(count, ef) && (1...2).contains(hops))
                            }
                        }
                    }
                }
            }
        }
    }
}
