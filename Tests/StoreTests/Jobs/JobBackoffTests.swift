import Store
import TestSupport
import Testing

struct JobBackoffTests {
    @Test(arguments: [
        (1, 5_000), (2, 10_000), (3, 20_000), (4, 40_000), (5, 80_000), (6, 160_000), (7, 300_000), (8, 300_000),
        (100, 300_000), (.max, 300_000), (0, 5_000), (-1, 5_000),
    ])
    func doublesUpToTheLimit(attempt: Int, plain: Int64) {
        for seed in UInt64(1)...200 {
            var generator = SeededGenerator(seed: seed)
            let delay = JobBackoff().delayMilliseconds(afterAttempt: attempt, using: &generator)
            let range = plain * 4 / 5...min(plain * 6 / 5, 300_000)
            #expect(range.contains(delay), "\(delay) outside \(range), seed \(seed)")
        }
    }

    @Test func jitterReachesBothSides() {
        var generator = SeededGenerator(seed: 7)
        let delays = (0..<1_000).map { _ in JobBackoff().delayMilliseconds(afterAttempt: 1, using: &generator) }
        #expect(delays.contains { $0 < 4_100 })
        #expect(delays.contains { $0 > 5_900 })
        let mean = delays.reduce(0, +) / 1_000
        #expect((4_900...5_100).contains(mean), "\(mean)")
    }

    @Test func withoutJitterDelaysAreExact() {
        var generator = SeededGenerator(seed: 1)
        let backoff = JobBackoff(baseMilliseconds: 3, limitMilliseconds: 20, jitter: 0)
        let delays = (1...5).map { backoff.delayMilliseconds(afterAttempt: $0, using: &generator) }
        #expect(delays == [3, 6, 12, 20, 20])
    }
}
