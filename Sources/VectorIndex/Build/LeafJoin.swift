import Kernels

/// Candidate neighbors for all nodes of a level by comparing all pairs within leaves, by blocked matrix products.
struct LeafJoin {
    let rows: VectorRows
    let slots: [UInt32]

    /// Rounds of leaves around other pivots: what one round has cut apart the other holds together.
    private static let rounds = 2
    /// What a node takes from each leaf, and keeps in the end.
    private static let perLeaf = 16
    private static let kept = 48
    private static let rowBlock = 256

    /// For each position in `slots` the ranks (slots and distances) of its candidates, nearest first.
    func candidates(threads: Int, progress: BuildProgress, upTo end: Double) throws(VectorIndexError) -> CandidateLists
    {
        let lists = CandidateLists(count: slots.count, limit: Self.kept)
        let partition = Partition(rows: rows, slots: slots)
        for round in 0..<Self.rounds {
            guard let leaves = partition.leaves(round: round, threads: threads, progress: progress) else {
                throw .cancelled
            }
            let found = AlignedBuffer<UInt64>(capacity: slots.count * Partition.overlap * Self.perLeaf)
            unsafe found.base.update(repeating: .max, count: found.capacity)
            // A leaf writes the memberships of its own positions only; each belongs to one leaf.
            ParallelLoop.run(count: leaves.count, blockSize: 1, threads: threads) { range, thread in
                for number in range { compare(leaves[number], into: found) }
                if thread == 0 {
                    let done = Double(range.upperBound) / Double(leaves.count)
                    progress.show((Double(round) + done) / Double(Self.rounds), upTo: end)
                }
                return !progress.isCancelled
            }
            if progress.isCancelled { throw .cancelled }
            lists.merge(found, perNode: Partition.overlap * Self.perLeaf, threads: threads)
            // One leaf has compared all pairs.
            if leaves.count == 1 { break }
        }
        try progress.finish(end)
        return lists
    }

    /// Compares all pairs of a leaf and keeps the nearest of each.
    private func compare(_ leaf: Partition.Leaf, into found: AlignedBuffer<UInt64>) {
        let count = leaf.positions.count
        let stride = rows.stride
        let vectors = AlignedBuffer<Float>(capacity: count * stride)
        for (index, position) in leaf.positions.enumerated() {
            unsafe rows.load(slots[Int(position)], into: vectors.base + index * stride)
        }
        if rows.metric == .l2 {
            let mean = Centering.mean(of: vectors, count: count, stride: stride)
            Centering.subtract(mean, from: vectors, count: count, stride: stride)
        }
        let norms: [Float] =
            rows.metric == .l2
            ? (0..<count).map { index in
                let row = unsafe vectors.base + index * stride
                return unsafe rows.kernels.uncheckedDot(row, row, count: stride)
            } : []
        let products = AlignedBuffer<Float>(capacity: min(count, Self.rowBlock) * count)
        let scores = unsafe products.base
        var nearest = NearestList(limit: Self.perLeaf)
        for first in Swift.stride(from: 0, to: count, by: Self.rowBlock) {
            let blockRows = min(Self.rowBlock, count - first)
            // SAFETY: all three hold as many whole rows as the product has.
            unsafe MatrixMultiply.uncheckedTimesTransposed(
                vectors.base + first * stride, strideA: stride, vectors.base, strideB: stride, into: scores,
                strideC: count, m: blockRows, n: count, k: stride)
            for row in 0..<blockRows {
                let own = first + row
                nearest.reset()
                for column in 0..<count where column != own {
                    let product = unsafe scores[row * count + column]
                    let distance =
                        norms.isEmpty
                        ? rows.metric.distance(fromKernel: product) : norms[own] + norms[column] - 2 * product
                    nearest.offer(distance, UInt32(column))
                }
                let start =
                    (Int(leaf.positions[own]) * Partition.overlap + Int(leaf.memberships[own])) * Self.perLeaf
                for place in 0..<nearest.count {
                    let candidate = Candidate(rank: nearest.rank(place))
                    let slot = slots[Int(leaf.positions[Int(candidate.slot)])]
                    found[start + place] = Candidate(distance: candidate.distance, slot: slot).rank
                }
            }
        }
    }
}
