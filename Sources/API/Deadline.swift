import Synchronization

/// A time limit that holds even when the work does not listen.
///
/// A task group would wait for its loser; here the caller goes on when the time is over, and the work, cancelled, may
/// end unheard.
enum Deadline {
    static func run<T: Sendable>(
        milliseconds: Int, orThrow error: any Error, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        let work = Task { try await body() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let first = FirstResult(continuation)
                let timer = Task {
                    do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch { return }
                    work.cancel()
                    first.resume(with: .failure(error))
                }
                Task {
                    first.resume(with: await work.result)
                    timer.cancel()
                }
            }
        } onCancel: {
            work.cancel()
        }
    }
}

/// Resumes a continuation with whatever comes first.
private final class FirstResult<T: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<T, any Error>?>

    init(_ continuation: CheckedContinuation<T, any Error>) {
        self.continuation = Mutex(continuation)
    }

    func resume(with result: Result<T, any Error>) {
        let waiting = continuation.withLock { $0.take() }
        waiting?.resume(with: result)
    }
}
