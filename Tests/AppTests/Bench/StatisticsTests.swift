import TestSupport
import Testing

@testable import propertypro

@Suite struct StatisticsTests {
    @Test func medians() {
        #expect(Statistics.median([]) == nil)
        #expect(Statistics.median([4]) == 4)
        #expect(Statistics.median([9, 1]) == 5)
        #expect(Statistics.median([9, 1, 2]) == 2)
        #expect(Statistics.median([4, 1, 3, 2]) == 2.5)
    }

    @Test func percentilesAreNearestRanks() {
        let ten = (1...10).map(Double.init).shuffled()
        #expect(Statistics.percentile(ten, 0.5) == 5)
        #expect(Statistics.percentile(ten, 0.51) == 6)
        #expect(Statistics.percentile(ten, 0.99) == 10)
        #expect(Statistics.percentile(ten, 0.1) == 1)
        #expect(Statistics.percentile(ten, 1e-9) == 1)
        #expect(Statistics.percentile(ten, 1) == 10)
        #expect(Statistics.percentile([3], 0.5) == 3)
        #expect(Statistics.percentile([], 0.5) == nil)
        let thousand = (1...1_000).map(Double.init)
        #expect(Statistics.percentile(thousand, 0.99) == 990)
    }

    @Test func aPercentileIsTheSmallestSampleThatEnoughDoNotExceed() {
        let seed: UInt64 = 3
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let samples = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                Double.random(in: 0...9, using: &generator).rounded()
            }
            // A sixteenth has no rounding error.
            let share = Double(Int.random(in: 1...16, using: &generator)) / 16
            let oracle = samples.filter { bound in
                Double(samples.count { $0 <= bound }) >= share * Double(samples.count)
            }.min()
            #expect(Statistics.percentile(samples, share) == oracle, "seed \(seed), \(samples), \(share)")
        }
    }

    @Test func ratesNeedATime() {
        #expect(Statistics.rate(10, 4) == 2.5)
        #expect(Statistics.rate(10, 0) == 0)
        #expect(Statistics.rate(10, nil) == 0)
    }
}
