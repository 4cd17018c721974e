import Glibc
import Synchronization
import Testing

@testable import VectorIndex

@Suite struct SharedLockTests {
    private final class Guarded: @unchecked Sendable {
        let lock = SharedLock()
        /// Two halves of one value, equal whenever no writer is at work.
        var first = 0
        var second = 0
    }

    @Test func readersSeeWholeWrites() {
        let guarded = Guarded()
        let torn = onThreads(4) {
            (0..<2_000).count { step in
                if step % 4 == 0 {
                    guarded.lock.writing {
                        guarded.first += 1
                        guarded.second += 1
                    }
                    return false
                }
                return guarded.lock.reading { guarded.first != guarded.second }
            }
        }
        #expect(torn == [0, 0, 0, 0] && guarded.first == 2_000 && guarded.second == 2_000)
    }

    /// Two readers that each wait for the other inside the lock: only if both are let in do they meet.
    @Test func readersOverlap() {
        let lock = SharedLock()
        let inside = Meeting()
        let met = onThreads(2) { lock.reading { inside.waitFor(2) } }
        #expect(met == [true, true])
    }

    /// A writer gets in although readers follow one another without a gap, until it has been there.
    @Test func readersDoNotStarveAWriter() {
        let lock = SharedLock()
        let hasWritten = Atomic(false)
        let readers = Meeting()
        let number = Atomic(0)
        let outcomes = onThreads(3) {
            if number.add(1, ordering: .relaxed).oldValue == 0 {
                guard readers.waitFor(2, joins: false) else { return false }
                lock.writing { hasWritten.store(true, ordering: .sequentiallyConsistent) }
                return true
            }
            var isFirst = true
            for _ in 0..<10_000_000 {
                let isDone = lock.reading {
                    if isFirst { readers.join() }
                    isFirst = false
                    return hasWritten.load(ordering: .sequentiallyConsistent)
                }
                if isDone { return true }
            }
            return false
        }
        #expect(outcomes == [true, true, true])
    }

    @Test func resultsAndErrorsComeOut() {
        let lock = SharedLock()
        #expect(lock.reading { 7 } == 7 && lock.writing { 8 } == 8)
        for _ in 0..<2 {
            #expect(throws: VectorIndexError.cancelled) {
                try lock.reading { () throws(VectorIndexError) in throw .cancelled }
            }
            #expect(throws: VectorIndexError.cancelled) {
                try lock.writing { () throws(VectorIndexError) in throw .cancelled }
            }
        }
        #expect(lock.writing { 9 } == 9)
    }
}

/// Threads that wait for one another, though not for ever.
private final class Meeting: Sendable {
    private let count = Atomic(0)

    func join() { count.add(1, ordering: .sequentiallyConsistent) }

    /// False when the others do not come within some ten seconds.
    func waitFor(_ number: Int, joins: Bool = true) -> Bool {
        if joins { join() }
        for _ in 0..<10_000 {
            if count.load(ordering: .sequentiallyConsistent) >= number { return true }
            usleep(1_000)
        }
        return false
    }
}
