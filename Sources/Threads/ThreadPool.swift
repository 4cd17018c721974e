import Foundation

/// A few threads of our own for work that blocks or computes for long.
///
/// Swift's cooperative pool has one thread a core and lives on Dispatch's threads: a blocked job there,
/// or on a concurrent Dispatch queue, stops every other task of the process. Jobs given here run on plain
/// threads instead. First come, first served. One hop costs some 50 µs: hop per request, not per vector.
public final class ThreadPool: Sendable {
    private let queue = WorkQueue()

    /// Starts `threads` threads, which live until ``shutDown()``.
    public init(name: String, threads: Int) {
        precondition(threads > 0, "a pool needs at least one thread, not \(threads)")
        for number in 0..<threads {
            let thread = Thread { [queue] in
                while let job = queue.next() { job() }
            }
            thread.name = "\(name)-\(number)"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// Runs `body` on one of the pool's threads and waits for it without blocking the caller's thread.
    public func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let accepted = queue.add { continuation.resume(with: Result { try body() }) }
            if !accepted { continuation.resume(throwing: CancellationError()) }
        }
    }

    /// Lets queued work finish, then ends the threads. Later calls of ``run(_:)`` throw `CancellationError`.
    public func shutDown() {
        queue.close()
    }
}

/// Jobs in order of arrival, handed out under one lock.
private final class WorkQueue: @unchecked Sendable {
    // SAFETY (Sendable): every access to `jobs` and `isClosed` holds `condition`.
    private let condition = NSCondition()
    private var jobs: [@Sendable () -> Void] = []
    private var head = 0
    private var isClosed = false

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
            if head == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                head = 0
            }
            return job
        }
    }

    func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }
}
