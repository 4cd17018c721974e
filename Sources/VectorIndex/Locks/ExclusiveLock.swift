import Glibc

/// One holder at a time; not reentrant. Blocking.
///
/// A pthread mutex and not `Synchronization.Mutex`, which the thread sanitizer cannot see on Linux.
@safe
final class ExclusiveLock: @unchecked Sendable {
    // SAFETY: the mutex lives at one address from init to deinit, when nobody can hold it.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        let code = unsafe pthread_mutex_init(mutex, nil)
        precondition(code == 0, "pthread_mutex_init failed with \(code)")
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    @inline(__always)
    func locked<Result, E: Error>(_ body: () throws(E) -> Result) throws(E) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body()
    }
}
