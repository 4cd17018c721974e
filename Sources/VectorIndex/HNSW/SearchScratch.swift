/// What one search needs beside the index: marks, two queues and small buffers. Used by one thread at a time.
@safe
final class SearchScratch {
    let visited = VisitedMarks()
    /// Nodes still to expand, nearest first.
    let candidates = CandidateHeap()
    /// The best found so far, farthest first, so that the one to give up is on top. Holds inverted ranks.
    let results = CandidateHeap()
    /// The prepared query: one padded row.
    let query: AlignedBuffer<Float>
    /// Slots to be scored together, and their distances.
    let batch: AlignedBuffer<UInt32>
    let distances: AlignedBuffer<Float>

    /// The rows that an exact search scores at a time.
    static let blockRows = 256

    init(stride: Int, degreeLimit: Int) {
        query = AlignedBuffer(capacity: stride)
        batch = AlignedBuffer(capacity: max(degreeLimit, Self.blockRows))
        distances = AlignedBuffer(capacity: max(degreeLimit, Self.blockRows))
    }

    /// Offers a candidate to the `limit` best.
    @inline(__always)
    func offer(_ candidate: Candidate, limit: Int) {
        if results.count < limit {
            results.push(~candidate.rank)
        } else if ~candidate.rank > results.top {
            results.replaceTop(with: ~candidate.rank)
        }
    }

    /// Whether `candidate` would enter the `limit` best now.
    @inline(__always)
    func wouldKeep(_ candidate: Candidate, limit: Int) -> Bool {
        results.count < limit || candidate.rank < ~results.top
    }

    /// Takes all results out, nearest first.
    func takeResults() -> [Candidate] {
        var ranks = results.takeAll()
        ranks.sort(by: >)
        return ranks.map { Candidate(rank: ~$0) }
    }
}

/// A set of slots that is emptied in one step: a slot is in it when its mark equals the current epoch.
@safe
final class VisitedMarks {
    private let marks = AlignedBuffer<UInt16>(capacity: 0)
    private(set) var epoch: UInt16 = 0

    /// Empties the set and makes room for slots 0 ..< slotCount.
    func reset(slotCount: Int) {
        marks.grow(toHold: slotCount)
        if epoch == .max {
            for index in 0..<marks.capacity { marks[index] = 0 }
            epoch = 0
        }
        epoch += 1
    }

    /// The marks themselves; valid until the next reset. Write `epoch` to insert.
    var base: UnsafeMutablePointer<UInt16> { unsafe marks.base }
}

/// A binary min-heap of ranks (see `Candidate`), whose memory is kept between searches.
@safe
final class CandidateHeap {
    private let storage = AlignedBuffer<UInt64>(capacity: 256)
    private(set) var count = 0

    func removeAll() { count = 0 }

    /// The least rank. The heap is not empty.
    @inline(__always)
    var top: UInt64 {
        precondition(count > 0, "top of an empty heap")
        return unsafe storage.base[0]
    }

    @inline(__always)
    func push(_ rank: UInt64) {
        if count == storage.capacity { storage.grow(toHold: count + 1) }
        // SAFETY: indexes below stay within 0...count, and the line above made room for count + 1 ranks.
        let heap = unsafe storage.base
        var hole = count
        count += 1
        while hole > 0 {
            let parent = (hole - 1) / 2
            if unsafe heap[parent] <= rank { break }
            unsafe heap[hole] = heap[parent]
            hole = parent
        }
        unsafe heap[hole] = rank
    }

    /// Takes the least rank out. The heap is not empty.
    @inline(__always)
    func pop() -> UInt64 {
        let least = top
        count -= 1
        if count > 0 { sink(unsafe storage.base[count]) }
        return least
    }

    /// `pop` and `push` in one step.
    @inline(__always)
    func replaceTop(with rank: UInt64) {
        precondition(count > 0, "top of an empty heap")
        sink(rank)
    }

    /// Empties the heap; the order of the ranks is arbitrary.
    func takeAll() -> [UInt64] {
        defer { count = 0 }
        return unsafe Array(UnsafeBufferPointer(start: storage.base, count: count))
    }

    /// Puts `rank` in the place of the top and lets it sink.
    @inline(__always)
    private func sink(_ rank: UInt64) {
        // SAFETY: children are followed below `count` only, which the storage holds.
        let heap = unsafe storage.base
        let end = count
        var hole = 0
        var child = 1
        while child < end {
            if child + 1 < end, unsafe heap[child + 1] < heap[child] { child += 1 }
            if unsafe rank <= heap[child] { break }
            unsafe heap[hole] = heap[child]
            hole = child
            child = 2 * hole + 1
        }
        unsafe heap[hole] = rank
    }
}
