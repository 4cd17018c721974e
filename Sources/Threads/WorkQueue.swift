import Foundation

/// Jobs in order of arrival, handed out under one lock.
final class WorkQueue: @unchecked Sendable {
    // SAFETY (Sendable): every access to `jobs` and `isClosed` holds `condition`.
    private let condition = NSCondition()
    private var jobs: [@Sendable () -> Void] = []
    private var head = 0
    private var isClosed = false
    /// Jobs handed out before the array is shortened.
    static let compactionCount = 1_024

    /// Returns false, and drops the job, once the queue is closed.
    func add(_ job: @escaping @Sendable () -> Void) -> Bool {
        condition.withLock {
            guard !isClosed else { return false }
            jobs.append(job)
            condition.signal()
            return true
        }
    }

    /// The next job, waiting for one; nil once the queue is closed and empty.
    func next() -> (@Sendable () -> Void)? {
        condition.withLock {
            while head == jobs.count {
                if isClosed { return nil }
                condition.wait()
            }
            let job = jobs[head]
            head += 1
            // Also under a load that never lets the queue run empty, what was handed out is let go.
            if head == jobs.count || head >= Self.compactionCount {
                jobs.removeFirst(head)
                head = 0
            }
            return job
        }
    }

    /// Jobs kept in memory, also those handed out and not yet let go.
    var storedCount: Int { condition.withLock { jobs.count } }

    /// Refuses new jobs; those already added are still handed out.
    func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }
}
