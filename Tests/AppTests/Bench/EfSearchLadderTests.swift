import Testing

@testable import propertypro

@Suite struct EfSearchLadderTests {
    @Test func aTargetLiesBeforeTheFirstRungThatReachesIt() {
        let recalls = [0.80, 0.90, 0.88, 0.96]
        #expect(
            EfSearchLadder.place(of: 0.90, in: recalls) == .init(low: 0, high: 1, share: (0.90 - 0.80) / (0.90 - 0.80)))
        #expect(
            EfSearchLadder.place(of: 0.92, in: recalls) == .init(low: 2, high: 3, share: (0.92 - 0.88) / (0.96 - 0.88)))
        #expect(EfSearchLadder.place(of: 0.80, in: recalls) == .init(low: 0, high: 0, share: 1))
        #expect(EfSearchLadder.place(of: 0.5, in: recalls) == .init(low: 0, high: 0, share: 1))
        #expect(EfSearchLadder.place(of: 0.97, in: recalls) == nil)
        #expect(EfSearchLadder.place(of: 0.5, in: []) == nil)
    }

    @Test func figuresAreLogLinearInRecall() {
        let half = EfSearchLadder.Place(low: 0, high: 1, share: 0.5)
        // The geometric mean.
        #expect(abs(half.value(100, 400) - 200) < 1e-9)
        #expect(abs(half.value(9_000, 1_000) - 3_000) < 1e-9)
        let third = EfSearchLadder.Place(low: 0, high: 1, share: 1.0 / 3)
        #expect(abs(third.value(1_000, 125) - 500) < 1e-9)
        #expect(EfSearchLadder.Place(low: 0, high: 1, share: 1).value(5, 7) == 7)
        // A rate that could not be measured has no logarithm.
        #expect(half.value(0, 7) == 7)
    }

    @Test func efSearchIsRoundedUp() {
        let half = EfSearchLadder.Place(low: 0, high: 1, share: 0.5)
        #expect(half.efSearch(16, 64) == 32)
        #expect(half.efSearch(40, 48) == 44)
        #expect(half.efSearch(10, 12) == 11)
        #expect(EfSearchLadder.Place(low: 3, high: 3, share: 1).efSearch(16, 16) == 16)
        for (low, high) in zip(EfSearchLadder.rungs, EfSearchLadder.rungs.dropFirst()) {
            #expect(low < high)
            for share in [0.001, 0.25, 0.999] {
                #expect((low...high).contains(EfSearchLadder.Place(low: 0, high: 1, share: share).efSearch(low, high)))
            }
        }
    }

    @Test func climbingEndsWhenItIsOfNoUse() {
        #expect(!EfSearchLadder.isFinished([]))
        #expect(!EfSearchLadder.isFinished([0.9, 0.996]))
        #expect(EfSearchLadder.isFinished([0.9, 0.997]))
        let flat = Array(repeating: 0.95, count: EfSearchLadder.saturatedRungs)
        #expect(!EfSearchLadder.isFinished(flat))
        #expect(EfSearchLadder.isFinished(flat + [0.9504]))
        #expect(!EfSearchLadder.isFinished(flat + [0.951]))
    }

    @Test func aCurveGivesFiguresAtItsTargets() throws {
        func point(_ efSearch: Int, _ recall: Double, _ rate: Double) -> SearchFigures {
            SearchFigures(
                efSearch: efSearch, recall: recall, queriesPerSecond: rate, queriesPerSecondBest: rate * 2,
                queriesPerCpuSecond: rate * 4, p50Microseconds: 1e6 / rate, p99Microseconds: 2e6 / rate)
        }
        let curve = CurveResult(points: [point(10, 0.92, 8_000), point(16, 0.94, 4_000), point(64, 0.96, 1_000)])
        #expect(curve.targets.map(\.recall) == [0.90, 0.95])
        #expect(curve.targets.map(\.isFirstRung) == [true, false])
        #expect(curve.targets[0].queriesPerSecond == 8_000 && curve.targets[0].efSearch == 10)
        #expect(curve.targets[1].efSearch == 32)
        #expect(abs(curve.targets[1].queriesPerSecond - 2_000) < 1e-6)
        #expect(abs(curve.targets[1].queriesPerSecondBest - 4_000) < 1e-6)
        #expect(abs(curve.targets[1].p99Microseconds - 1_000) < 1e-6)
        #expect(curve.efSearch(for: 0.95) == 32)
        #expect(curve.efSearch(for: 0.99) == 64, "the last rung where the target is not reached")
        #expect(curve.table.notes == ["recall 0.99 was not reached"])
    }
}
