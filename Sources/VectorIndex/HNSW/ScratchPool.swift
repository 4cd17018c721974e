import Glibc

/// Scratches that are not in use. A search takes one, or a new one where none is left, and gives it back.
///
/// The lock is a pthread mutex and not `Synchronization.Mutex`, which the thread sanitizer cannot see on Linux.
@safe
final class ScratchPool: @unchecked Sendable {
    private let stride: Int
    private let degreeLimit: Int
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// Guarded by `mutex`.
    private var idle: [SearchScratch] = []

    /// Scratches kept for later; those of a wider burst of searches are freed.
    static let maximumIdle = 64

    init(stride: Int, degreeLimit: Int) {
        self.stride = stride
        self.degreeLimit = degreeLimit
        // SAFETY: the mutex lives at one address from here to deinit, when nobody can hold it.
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        let code = unsafe pthread_mutex_init(mutex, nil)
        precondition(code == 0, "pthread_mutex_init failed with \(code)")
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Lends a scratch to `body`.
    func withScratch<Result, E: Error>(_ body: (SearchScratch) throws(E) -> Result) throws(E) -> Result {
        let scratch = take() ?? SearchScratch(stride: stride, degreeLimit: degreeLimit)
        defer { put(scratch) }
        return try body(scratch)
    }

    private func take() -> SearchScratch? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return idle.popLast()
    }

    private func put(_ scratch: SearchScratch) {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        if idle.count < Self.maximumIdle { idle.append(scratch) }
    }
}
