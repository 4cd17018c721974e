import Glibc

/// A mutex with a condition over a value: `withLock` to read and change it, `wait` to sleep until it has changed.
@safe final class Monitor<State>: @unchecked Sendable {
    // SAFETY: allocated once and freed in deinit, so their addresses never move; `state` is touched under the lock.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    init(_ state: sending State) {
        self.state = state
        precondition(unsafe pthread_mutex_init(mutex, nil) == 0, "no mutex")
        precondition(unsafe pthread_cond_init(condition, nil) == 0, "no condition")
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` under the lock, then wakes every waiter to look again.
    func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_cond_broadcast(condition)
            unsafe pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Sleeps until `body` returns a value; it is called under the lock, at once and after every change.
    func wait<Result>(_ body: (inout State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            unsafe pthread_cond_wait(condition, mutex)
        }
    }
}

/// Starts a detached thread. Throws what the system says when there can be no further one.
func startThread(_ body: @escaping @Sendable () -> Void) throws(EmbeddingError) {
    let box = ThreadBody(body)
    let argument = unsafe Unmanaged.passRetained(box).toOpaque()
    var thread = pthread_t()
    let status = unsafe pthread_create(
        &thread, nil,
        { @Sendable argument in
            guard let argument = unsafe argument else { return nil }
            // SAFETY: balances passRetained above; the new thread owns the box from here.
            unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }, argument)
    guard status == 0 else {
        unsafe Unmanaged<ThreadBody>.fromOpaque(argument).release()
        throw .threadRefused(reason: unsafe String(cString: strerror(status)))
    }
    pthread_detach(thread)
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
