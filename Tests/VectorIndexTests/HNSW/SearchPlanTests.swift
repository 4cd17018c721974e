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
        #expect(choose(801, of: 801, filtered: false) == .walk(width: 100))
        #expect(choose(3_000, of: 3_000, filtered: false, codes: false) == .scan)
        #expect(choose(3_001, of: 3_001, filtered: false, codes: false) == .walk(width: 100))
        #expect(choose(1_000_000, of: 1_000_000, ef: 1, filtered: false) == .walk(width: 1))
    }

    /// A filter that lets everything through is none.
    @Test func aFilterThatAllowsAll() {
        #expect(choose(100_000, of: 100_000) == choose(100_000, of: 100_000, filtered: false))
    }

    @Test func middlingFiltersScanCodes() {
        #expect(choose(801, of: 100_000) == .scanCodes(reranked: 800))
        #expect(choose(15_000, of: 200_000) == .scanCodes(reranked: 800))
        #expect(choose(150_000, of: 300_000, ef: 1_000) == .scanCodes(reranked: 1_000))
        #expect(choose(15_001, of: 200_000) == .filteredWalk(ef: 100))
        #expect(choose(3_000, of: 100_000, codes: false) == .scan)
        #expect(choose(3_001, of: 100_000, codes: false) == .filteredWalk(ef: 100))
    }

    /// The share of allowed nodes near the query decides how the walk goes.
    @Test func walksForFilters() {
        func walk(_ localShare: Double, of share: Double, ef: Int = 100) -> FilteredWalk {
            FilteredWalk(localShare: localShare, share: share, ef: ef, count: 1_000)
        }
        #expect(walk(0.3, of: 0.3) == FilteredWalk(width: 200, staysInside: true))
        #expect(walk(0.9, of: 0.3) == FilteredWalk(width: 200, staysInside: false))
        #expect(walk(0.9, of: 0.9) == FilteredWalk(width: 200, staysInside: false))
        #expect(walk(0.4, of: 0.5) == FilteredWalk(width: 250, staysInside: false))
        #expect(walk(0.4, of: 0.9).beginsEverywhere && walk(0.4, of: 0.9).width == 600)
        #expect(!walk(0.15, of: 0.3).beginsEverywhere && walk(0.1, of: 0.3).beginsEverywhere)
        #expect(walk(0, of: 0.5, ef: 900).width == 1_000)
    }

    /// A walk is never wider than the index.
    @Test func widthsStayWithinTheIndex() {
        #expect(choose(900, of: 901, ef: 25, codes: false) == .filteredWalk(ef: 25))
        for (matches, count, ef) in [(600, 1_000, 19), (900_000, 1_000_000, 100_000), (501, 502, 10)] {
            guard case .walk(let width) = choose(matches, of: count, ef: ef, filtered: false, codes: false) else {
                continue
            }
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
                            case .walk(let width): #expect(width >= 1 && width <= max(count, ef))
                            case .filteredWalk(let width): #expect(width == ef)
                            }
                        }
                    }
                }
            }
        }
    }
}
