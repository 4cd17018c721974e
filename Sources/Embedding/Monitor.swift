import Glibc

/// A mutex over a value, with channels on which threads sleep until it has changed.
@safe final class Monitor<State>: @unchecked Sendable {
    /// What a thread waits for; `withLock` names those to wake.
    struct Channels: OptionSet {
        let rawValue: Int
    }

    private static var channelCount: Int { 3 }

    // SAFETY: allocated once and freed in deinit, so their addresses never move; `state` is touched under the lock.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let conditions = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: channelCount)
    private var state: State

    init(_ state: sending State) {
        self.state = state
        precondition(unsafe pthread_mutex_init(mutex, nil) == 0, "no mutex")
        for i in 0..<Self.channelCount {
            precondition(unsafe pthread_cond_init(conditions + i, nil) == 0, "no condition")
        }
    }

    deinit {
        for i in 0..<Self.channelCount { unsafe pthread_cond_destroy(conditions + i) }
        unsafe pthread_mutex_destroy(mutex)
        unsafe conditions.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` under the lock, then wakes the waiters of some channels to look again.
    func withLock<Result, Failure: Error>(
        waking channels: Channels = [], _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_mutex_unlock(mutex)
            for i in 0..<Self.channelCount where channels.contains(Channels(rawValue: 1 << i)) {
                unsafe pthread_cond_broadcast(conditions + i)
            }
        }
        return try body(&state)
    }

    /// Sleeps until `body` returns a value; it is called under the lock, at once and whenever the channel (just one) is
    /// woken.
    func wait<Result>(on channel: Channels, _ body: (inout State) -> Result?) -> Result {
        let index = channel.rawValue.trailingZeroBitCount
        precondition(index < Self.channelCount, "channel \(index)")
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            unsafe pthread_cond_wait(conditions + index, mutex)
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

/// Lets other threads go before the calling one where both want a core.
func lowerPriorityOfThisThread() {
    // Where the system refuses, the thread merely keeps its priority.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
}
