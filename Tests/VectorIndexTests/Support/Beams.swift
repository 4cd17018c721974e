@testable import VectorIndex

extension Beam {
    /// Offers one scored node, as a step of a walk does with many.
    func offer(_ distance: Float, _ slot: UInt32) {
        batch[0] = slot
        scores[0] = distance
        batchCount = 1
        // The links are only asked for, at addresses that need not exist.
        withExtendedLifetime(batch) { merge(links: UnsafeRawPointer(batch.base), linkBytes: 64) }
    }

    /// The pool as candidates, nearest first: after a walk by exact scores its results.
    func sortedResults() -> [Candidate] { ranks(count).map { Candidate(rank: $0) } }
}
