/// For each of many nodes the nearest candidates found so far: sorted ranks without repetition.
///
/// Lists of different nodes may be read and written on different threads at once.
@safe
final class CandidateLists: Sendable {
    let count: Int
    private let limit: Int
    private let ranks: AlignedBuffer<UInt64>

    init(count: Int, limit: Int) {
        self.count = count
        self.limit = limit
        ranks = AlignedBuffer(capacity: count * limit)
        unsafe ranks.base.update(repeating: .max, count: ranks.capacity)
    }

    subscript(node: Int) -> [Candidate] {
        var list: [Candidate] = []
        for place in 0..<limit {
            let rank = ranks[node * limit + place]
            if rank == .max { break }
            list.append(Candidate(rank: rank))
        }
        return list
    }

    /// Adds `perNode` ranks for each node; those that are `max` stand for nothing.
    func merge(_ found: AlignedBuffer<UInt64>, perNode: Int, threads: Int) {
        ParallelLoop.run(count: count, blockSize: 1_024, threads: threads) { [ranks, limit] nodes, _ in
            var all: [UInt64] = []
            for node in nodes {
                all.removeAll(keepingCapacity: true)
                for place in 0..<limit where ranks[node * limit + place] != .max {
                    all.append(ranks[node * limit + place])
                }
                for place in 0..<perNode where found[node * perNode + place] != .max {
                    all.append(found[node * perNode + place])
                }
                all.sort()
                var kept = 0
                var seen: [UInt32] = []
                for rank in all where kept < limit {
                    // The same pair may have been compared in products of other shapes, which round otherwise.
                    let slot = UInt32(truncatingIfNeeded: rank)
                    if seen.contains(slot) { continue }
                    seen.append(slot)
                    ranks[node * limit + kept] = rank
                    kept += 1
                }
            }
            return true
        }
    }
}
