import CRM
import Store
import Testing

@Suite struct LockoutTests {
    private let policy = LockoutPolicy()

    private func fail(_ state: inout LockoutState, at now: Timestamp) -> Bool {
        state.recordFailure(at: now, limit: 5, policy: policy)
    }

    private func at(_ minutes: Int64) -> Timestamp { Timestamp(milliseconds: minutes * 60_000) }

    @Test func theFifthFailureLocksFor15Minutes() {
        var state = LockoutState()
        for _ in 0..<4 { #expect(fail(&state, at: at(0)) == false) }
        #expect(state.lockedSeconds(at: at(0)) == nil)
        #expect(fail(&state, at: at(1)) == true)
        #expect(state.lockedSeconds(at: at(1)) == 900)
        #expect(state.lockedSeconds(at: at(15)) == 60)
        #expect(state.lockedSeconds(at: at(16)) == nil)
    }

    @Test func failuresLeaveTheWindowAfter15Minutes() {
        var state = LockoutState()
        for minute in [0, 4, 8, 12] as [Int64] {
            #expect(fail(&state, at: at(minute)) == false)
        }
        // The one of minute 0 has left the window.
        #expect(fail(&state, at: at(15)) == false)
        #expect(fail(&state, at: at(16)) == true)
    }

    @Test func locksDoubleUpToFourHoursAndStartOverAfterAQuietDay() {
        var state = LockoutState()
        var now: Int64 = 0
        var lengths: [Int] = []
        for _ in 0..<7 {
            for _ in 0..<5 { _ = fail(&state, at: at(now)) }
            lengths.append(state.lockedSeconds(at: at(now)) ?? 0)
            now += 241
        }
        #expect(lengths == [900, 1_800, 3_600, 7_200, 14_400, 14_400, 14_400])
        now += 24 * 60
        for _ in 0..<5 { _ = fail(&state, at: at(now)) }
        #expect(state.lockedSeconds(at: at(now)) == 900)
    }
}
