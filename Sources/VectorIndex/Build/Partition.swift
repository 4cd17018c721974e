import Kernels

/// Splits vectors into overlapping leaves of near ones, among which all pairs are then compared (the idea of ball carving:
/// random pivots, each vector goes to the nearest few).
///
/// Near by Euclidean distance, whatever the metric. The products with the pivots are blocked matrix products.
struct Partition {
    let rows: VectorRows
    /// The slots to split.
    let slots: [UInt32]
    /// How many leaves each goes to.
    static let overlap = 3
    /// Leaves are √n large on average; one that is this many times larger is split again.
    private static let largestLeaf = 6
    private static let rowBlock = 512

    /// One leaf: positions in `slots`, and for each which of its memberships this is.
    struct Leaf: Sendable {
        var positions: [UInt32] = []
        var memberships: [UInt8] = []
    }

    /// - Returns: leaves that cover all slots `overlap` times; nil when `isCancelled` said so.
    func leaves(round: Int, threads: Int, progress: BuildProgress) -> [Leaf]? {
        let n = slots.count
        let meanSize = Int(Double(n).squareRoot())
        let pivotCount = min(n, Self.overlap * max(1, n / max(1, meanSize)))
        guard n > Self.overlap * 256 else {
            return [Leaf(positions: Array(0..<UInt32(n)), memberships: Array(repeating: 0, count: n))]
        }
        let pivots = Self.sample(pivotCount, of: n, seed: UInt64(round) &* 0x51_7C_C1)
        guard let nearest = nearestPivots(pivots, of: Array(0..<UInt32(n)), count: Self.overlap, threads, progress)
        else { return nil }
        var leaves = Array(repeating: Leaf(), count: pivotCount)
        for position in 0..<n {
            for membership in 0..<Self.overlap {
                let pivot = Int(nearest[position * Self.overlap + membership])
                leaves[pivot].positions.append(UInt32(position))
                leaves[pivot].memberships.append(UInt8(membership))
            }
        }
        var finished: [Leaf] = []
        for leaf in leaves where leaf.positions.count > 1 {
            if leaf.positions.count <= Self.largestLeaf * meanSize {
                finished.append(leaf)
            } else {
                guard let parts = split(leaf, meanSize: meanSize, round: round, threads, progress) else { return nil }
                finished += parts
            }
        }
        // The largest first, so that no thread is left with one at the end.
        return finished.sorted { $0.positions.count > $1.positions.count }
    }

    /// Deals a leaf that is too large out among pivots of its own, each position to one.
    private func split(
        _ leaf: Leaf, meanSize: Int, round: Int, _ threads: Int, _ progress: BuildProgress
    ) -> [Leaf]? {
        let count = max(2, leaf.positions.count / (2 * meanSize))
        let chosen = Self.sample(count, of: leaf.positions.count, seed: UInt64(round) &* 0x7F_4A_7C + 1)
        let pivots = chosen.map { leaf.positions[Int($0)] }
        guard let nearest = nearestPivots(pivots, of: leaf.positions, count: 1, threads, progress) else { return nil }
        var parts = Array(repeating: Leaf(), count: count)
        for (index, pivot) in nearest.enumerated() {
            parts[Int(pivot)].positions.append(leaf.positions[index])
            parts[Int(pivot)].memberships.append(leaf.memberships[index])
        }
        return parts.flatMap { cut($0, size: Self.largestLeaf * meanSize, round: round) }.filter {
            $0.positions.count > 1
        }
    }

    /// Cuts a leaf that pivots cannot split, of copies of one vector, at random into pieces of at most `size`.
    private func cut(_ leaf: Leaf, size: Int, round: Int) -> [Leaf] {
        let count = leaf.positions.count
        guard count > size else { return [leaf] }
        let order = Self.sample(count, of: count, seed: UInt64(round) &* 0x2545_F491 + 2)
        let pieces = (count + size - 1) / size
        return (0..<pieces).map { piece in
            let places = order[(piece * count / pieces)..<((piece + 1) * count / pieces)].map { Int($0) }
            return Leaf(positions: places.map { leaf.positions[$0] }, memberships: places.map { leaf.memberships[$0] })
        }
    }

    /// For each of `positions` the numbers of its `count` nearest pivots, nearest first.
    private func nearestPivots(
        _ pivots: [UInt32], of positions: [UInt32], count: Int, _ threads: Int, _ progress: BuildProgress
    ) -> [UInt32]? {
        let stride = rows.stride
        let pivotRows = AlignedBuffer<Float>(capacity: pivots.count * stride)
        for (index, pivot) in pivots.enumerated() {
            unsafe rows.load(slots[Int(pivot)], into: pivotRows.base + index * stride)
        }
        let mean = Centering.mean(of: pivotRows, count: pivots.count, stride: stride)
        Centering.subtract(mean, from: pivotRows, count: pivots.count, stride: stride)
        let halfNorms = pivots.indices.map { index in
            let row = unsafe pivotRows.base + index * stride
            return unsafe rows.kernels.uncheckedDot(row, row, count: stride) / 2
        }
        let nearest = AlignedBuffer<UInt32>(capacity: positions.count * count)
        // Each block writes the elements of its own positions.
        let isDone = ParallelLoop.run(count: positions.count, blockSize: Self.rowBlock, threads: threads) { range, _ in
            let block = AlignedBuffer<Float>(capacity: range.count * stride)
            for (index, place) in range.enumerated() {
                unsafe rows.load(slots[Int(positions[place])], into: block.base + index * stride)
            }
            Centering.subtract(mean, from: block, count: range.count, stride: stride)
            let products = AlignedBuffer<Float>(capacity: range.count * pivots.count)
            // SAFETY: all three hold as many whole rows as the product has.
            unsafe MatrixMultiply.uncheckedTimesTransposed(
                block.base, strideA: stride, pivotRows.base, strideB: stride, into: products.base,
                strideC: pivots.count, m: range.count, n: pivots.count, k: stride)
            let scores = unsafe products.base
            var best = NearestList(limit: count)
            for (index, place) in range.enumerated() {
                best.reset()
                for pivot in pivots.indices {
                    // ‖x − p‖²/2 without the half of ‖x‖², which is the same for all pivots.
                    best.offer(halfNorms[pivot] - (unsafe scores[index * pivots.count + pivot]), UInt32(pivot))
                }
                for rank in 0..<count { nearest[place * count + rank] = best.slot(rank) }
            }
            return !progress.isCancelled
        }
        return isDone ? (0..<(positions.count * count)).map { nearest[$0] } : nil
    }

    /// `count` different numbers below `n`, by a random walk of SplitMix64 from `seed`.
    static func sample(_ count: Int, of n: Int, seed: UInt64) -> [UInt32] {
        var numbers = Array(0..<UInt32(n))
        var state = seed
        for index in 0..<min(count, n) {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            numbers.swapAt(index, index + Int((z ^ (z >> 31)) % UInt64(n - index)))
        }
        return Array(numbers.prefix(count))
    }
}
