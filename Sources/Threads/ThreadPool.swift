import Foundation

/// A few threads of our own for work that blocks or computes for long.
///
/// Swift's cooperative pool has one thread a core and lives on Dispatch's threads: a blocked job there,
/// or on a concurrent Dispatch queue, stops every other task of the process. Jobs given here run on plain
/// threads instead. First come, first served. One hop costs some 50 µs: hop per request, not per vector.
public final class ThreadPool: Sendable {
    private let queue = WorkQueue()

    /// Starts `threads` threads, which live until ``shutDown()``.
    /// - Parameter name: shown in debuggers and profilers; the system keeps 15 bytes of name and number.
    public init(name: String, threads: Int) {
        precondition(threads > 0, "a pool needs at least one thread, not \(threads)")
        for number in 0..<threads {
            let thread = Thread { [queue] in
                Self.nameThread("\(name)-\(number)")
                while let job = queue.next() { job() }
            }
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

    /// `Thread.name` does not reach the system reliably on Linux; the kernel's own file does, and keeps 15 bytes.
    private static func nameThread(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        let bytes = Array(name.utf8)
        _ = write(file, bytes, bytes.count)
        close(file)
    }
}
