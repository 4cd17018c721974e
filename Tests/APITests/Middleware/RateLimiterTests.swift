import API
import Synchronization
import Testing

@Suite struct RateLimiterTests {
    private final class Time: Sendable {
        private let start = ContinuousClock.now
        private let offset = Mutex(0)
        var now: ContinuousClock.Instant { start + .seconds(offset.withLock { $0 }) }
        func advance(_ seconds: Int) { offset.withLock { $0 += seconds } }
    }

    @Test func countsPerClassAndCallerInWindowsOfAMinute() {
        let time = Time()
        var limits = RateLimits()
        limits.generalPerMinute = 3
        let limiter = RateLimiter(limits: limits, now: { time.now })
        let remaining = (0..<5).map { _ in limiter.count(.general, caller: "a")?.remaining }
        #expect(remaining == [2, 1, 0, 0, 0])
        #expect(limiter.count(.general, caller: "a")?.isAllowed == false)
        #expect(limiter.count(.general, caller: "b")?.isAllowed == true)
        #expect(limiter.count(.upload, caller: "a")?.remaining == 29)
        time.advance(45)
        #expect(limiter.count(.general, caller: "a")?.resetSeconds == 15)
        time.advance(15)
        #expect(limiter.count(.general, caller: "a")?.remaining == 2)
    }

    @Test func noneAndSwitchedOffAreUnlimited() {
        var limits = RateLimits()
        limits.heavyPerMinute = nil
        let limiter = RateLimiter(limits: limits)
        #expect(limiter.count(.none, caller: "a") == nil)
        #expect(limiter.count(.heavy, caller: "a") == nil)
    }

    @Test func twoQuestionsAtOnceAndAForgottenPlaceComesBack() {
        let limiter = RateLimiter(limits: RateLimits())
        let first = limiter.beginConcurrent(.ai, caller: "a")
        var second = limiter.beginConcurrent(.ai, caller: "a")
        #expect(first != nil && second != nil)
        #expect(limiter.beginConcurrent(.ai, caller: "a") == nil)
        #expect(limiter.beginConcurrent(.ai, caller: "b") != nil)
        first?.release()
        first?.release()
        let third = limiter.beginConcurrent(.ai, caller: "a")
        #expect(third != nil && limiter.beginConcurrent(.ai, caller: "a") == nil)
        second = nil
        #expect(second == nil && limiter.beginConcurrent(.ai, caller: "a") != nil)
        withExtendedLifetime(third) {}
    }
}
