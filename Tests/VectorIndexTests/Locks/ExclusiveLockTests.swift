import Testing

@testable import VectorIndex

@Suite struct ExclusiveLockTests {
    /// A plain variable that the lock alone protects.
    private final class Guarded: @unchecked Sendable {
        let lock = ExclusiveLock()
        var value = 0
        var isHeld = false
    }

    @Test func oneHolderAtATime() {
        let guarded = Guarded()
        let overlaps = onThreads(4) {
            (0..<5_000).count { _ in
                guarded.lock.locked {
                    let overlap = guarded.isHeld
                    guarded.isHeld = true
                    guarded.value += 1
                    guarded.isHeld = false
                    return overlap
                }
            }
        }
        #expect(overlaps == [0, 0, 0, 0] && guarded.value == 20_000)
    }

    @Test func resultsAndErrorsComeOut() {
        let lock = ExclusiveLock()
        #expect(lock.locked { 7 } == 7)
        #expect(throws: VectorIndexError.cancelled) {
            try lock.locked { () throws(VectorIndexError) in throw .cancelled }
        }
        // The error has given the lock back.
        #expect(lock.locked { 8 } == 8)
    }
}
