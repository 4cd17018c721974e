import Glibc
import Kernels
import Synchronization

/// A thread's offer to take a share of the next batch: made by the thread once something is about to come, taken by
/// whoever has the batch, without a lock, since a question is over before a sleeping thread has woken up.
final class TeamHelper: @unchecked Sendable {
    struct Job {
        let batch: TokenBatch
        let team: Team
        let member: Int
        let activations: SharedActivations
    }

    private enum Phase {
        static let away = 0
        static let standingBy = 1
        static let claimed = 2
        static let hasJob = 3
    }

    /// Looks for a job before the thread goes away: about 200 µs.
    private static let looks = 10_000

    private let phase = Atomic<Int>(Phase.away)
    // SAFETY (Sendable): written by the one who moved the phase from standingBy to claimed, read by the helper's own thread
    // after hasJob.
    private var job: Job?

    /// Waits for a job, for a moment, and runs every one that comes. Of the helper's own thread.
    func standBy(_ run: (Job) -> Void) {
        phase.store(Phase.standingBy, ordering: .releasing)
        var looks = 0
        while looks < Self.looks {
            if phase.load(ordering: .acquiring) == Phase.hasJob {
                if let job { run(job) }
                job = nil
                phase.store(Phase.standingBy, ordering: .releasing)
                looks = 0
            }
            spinPause()
            looks += 1
        }
        let (went, _) = phase.compareExchange(
            expected: Phase.standingBy, desired: Phase.away, ordering: .acquiringAndReleasing)
        if went { return }
        // Claimed at the last moment: the job is coming, as soon as the claimer has a core.
        while phase.load(ordering: .acquiring) != Phase.hasJob { sched_yield() }
        if let job { run(job) }
        job = nil
        phase.store(Phase.away, ordering: .releasing)
    }

    /// Whether the thread stands by; if so, the caller must give it a job.
    func claim() -> Bool {
        phase.compareExchange(
            expected: Phase.standingBy, desired: Phase.claimed, ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// After `claim`.
    func start(_ job: Job) {
        self.job = job
        phase.store(Phase.hasJob, ordering: .releasing)
    }
}
