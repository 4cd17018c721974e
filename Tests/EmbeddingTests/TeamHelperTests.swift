import Foundation
import Synchronization
import Testing

@testable import Embedding

@Suite struct TeamHelperTests {
    private func job(_ member: Int) -> TeamHelper.Job {
        .init(batch: TokenBatch([[1]]), team: Team(memberCount: 1), member: member, activations: SharedActivations())
    }

    @Test func whoIsAwayCannotBeClaimed() {
        let helper = TeamHelper()
        #expect(!helper.claim())
        // Nobody comes: it goes away by itself, and is away again.
        helper.standBy { _ in Issue.record("a job from nowhere") }
        #expect(!helper.claim())
    }

    /// However claims meet the end of a stand-by, each is followed by exactly one run of its own job.
    @Test func everyClaimIsOneJob() {
        let helper = TeamHelper()
        let isOver = Atomic(false)
        let ran = Mutex<[Int]>([])
        let ended = DispatchSemaphore(value: 0)
        let thread = Thread {
            while !isOver.load(ordering: .acquiring) {
                helper.standBy { job in ran.withLock { $0.append(job.member) } }
            }
            ended.signal()
        }
        thread.start()
        var claims = 0
        let deadline = Date(timeIntervalSinceNow: 60)
        while claims < 3_000, Date() < deadline {
            if helper.claim() {
                helper.start(job(claims))
                claims += 1
                // Sometimes long enough for the helper to go away in between.
                if claims % 100 == 0 { usleep(2_000) }
            } else {
                sched_yield()
            }
        }
        isOver.store(true, ordering: .releasing)
        ended.wait()
        #expect(claims == 3_000)
        #expect(ran.withLock { $0 } == Array(0..<claims))
    }
}
