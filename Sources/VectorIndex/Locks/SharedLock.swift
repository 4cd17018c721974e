import Glibc

/// Many readers or one writer; a waiting writer goes before readers that come later. Blocking.
///
/// A pthread lock and not one of `Synchronization`, which the thread sanitizer cannot see on Linux.
@safe
package final class SharedLock: @unchecked Sendable {
    // SAFETY: the lock lives at one address from init to deinit, when nobody can hold it.
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>

    package init() {
        unsafe lock = .allocate(capacity: 1)
        unsafe lock.initialize(to: pthread_rwlock_t())
        var attributes = pthread_rwlockattr_t()
        unsafe pthread_rwlockattr_init(&attributes)
        // Readers that follow one another without a gap would otherwise keep a writer out for ever.
        unsafe pthread_rwlockattr_setkind_np(&attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        let code = unsafe pthread_rwlock_init(lock, &attributes)
        unsafe pthread_rwlockattr_destroy(&attributes)
        precondition(code == 0, "pthread_rwlock_init failed with \(code)")
    }

    deinit {
        unsafe pthread_rwlock_destroy(lock)
        unsafe lock.deallocate()
    }

    @inline(__always)
    package func reading<Result, E: Error>(_ body: () throws(E) -> Result) throws(E) -> Result {
        unsafe pthread_rwlock_rdlock(lock)
        defer { unsafe pthread_rwlock_unlock(lock) }
        return try body()
    }

    package func writing<Result, E: Error>(_ body: () throws(E) -> Result) throws(E) -> Result {
        unsafe pthread_rwlock_wrlock(lock)
        defer { unsafe pthread_rwlock_unlock(lock) }
        return try body()
    }
}
