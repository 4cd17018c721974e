import Glibc
import Kernels
import Synchronization

/// The threads that run one batch together, each a share of its tokens, and the point where they wait for each other.
final class Team: Sendable {
    let memberCount: Int
    private let arrivedCount = Atomic<Int>(0)
    private let meetingCount = Atomic<Int>(0)

    /// A meeting of threads that all have a core takes about a microsecond; after this many looks (some 20 µs) one of them
    /// has none, and is let run.
    private static let looksBeforeYield = 1_000

    init(memberCount: Int) {
        precondition(memberCount > 0, "a team of \(memberCount)")
        self.memberCount = memberCount
    }

    /// The tokens of one member: shares differ by one at most.
    func share(of member: Int, tokens: Int) -> Range<Int> {
        (tokens * member / memberCount)..<(tokens * (member + 1) / memberCount)
    }

    /// Returns once every member is here; what each wrote before, all see afterwards.
    func meet() {
        if memberCount == 1 { return }
        let meeting = meetingCount.load(ordering: .acquiring)
        if arrivedCount.add(1, ordering: .acquiringAndReleasing).newValue == memberCount {
            arrivedCount.store(0, ordering: .relaxed)
            meetingCount.store(meeting + 1, ordering: .releasing)
            return
        }
        var looks = 0
        while meetingCount.load(ordering: .acquiring) == meeting {
            looks += 1
            if looks % Self.looksBeforeYield == 0 { sched_yield() } else { spinPause() }
        }
    }
}
