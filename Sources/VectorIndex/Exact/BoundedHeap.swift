/// The `limit` least of many ranks (see `Candidate`), in a binary heap with the greatest on top.
@safe
final class BoundedHeap {
    private let storage = AlignedBuffer<UInt64>(capacity: 64)
    private(set) var count = 0
    private var limit = 0

    /// Empties the heap.
    func reset(limit: Int) {
        count = 0
        self.limit = limit
    }

    /// Whether `rank` would be kept now.
    @inline(__always)
    func wants(_ rank: UInt64) -> Bool {
        // SAFETY: with `count` at least `limit` > 0 there is a first element.
        count < limit || (limit > 0 && rank < (unsafe storage.base[0]))
    }

    @inline(__always)
    func offer(_ rank: UInt64) {
        guard wants(rank) else { return }
        if count == limit { return sink(rank) }
        storage.grow(toHold: count + 1)
        // SAFETY: indexes stay within 0...count, for which the line above made room.
        let heap = unsafe storage.base
        var hole = count
        count += 1
        while hole > 0 {
            let parent = (hole - 1) / 2
            if unsafe heap[parent] >= rank { break }
            unsafe heap[hole] = heap[parent]
            hole = parent
        }
        unsafe heap[hole] = rank
    }

    /// Puts `rank` in the place of the greatest and lets it sink.
    private func sink(_ rank: UInt64) {
        // SAFETY: children are followed below `count` only, which the storage holds.
        let heap = unsafe storage.base
        var hole = 0
        var child = 1
        while child < count {
            if child + 1 < count, unsafe heap[child + 1] > heap[child] { child += 1 }
            if unsafe rank >= heap[child] { break }
            unsafe heap[hole] = heap[child]
            hole = child
            child = 2 * hole + 1
        }
        unsafe heap[hole] = rank
    }

    /// Takes all ranks out, least first.
    func takeSorted() -> [UInt64] {
        defer { count = 0 }
        return unsafe UnsafeBufferPointer(start: storage.base, count: count).sorted()
    }
}
