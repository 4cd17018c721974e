import Kernels

/// Full scans for many queries at once, as blocked matrix products.
///
/// A block of rows is read once for all queries of a block, so that the scan is bound by arithmetic and not by memory.
/// Products round otherwise than the kernels, and where distances are small beside the norms rounding is all that is left
/// of them. They therefore only rule rows out; what may be among the nearest is scored by the kernel.
struct ExactBatch {
    let graph: HNSWGraph
    let rows: VectorRows

    /// Rows and queries of one product: its result stays in the second-level cache.
    private static let rowBlock = 512
    private static let queryBlock = 128

    /// The `k` nearest live slots of each padded query, nearest first. `queries` holds count·queryStride floats. Blocking.
    func search(_ queries: AlignedBuffer<Float>, count: Int, k: Int, threads: Int) -> [[Candidate]] {
        let stride = VectorRows.queryStride(dimension: rows.dimension)
        precondition(queries.capacity >= count * stride, "\(count) queries in \(queries.capacity) floats")
        let squaredNorms = rows.metric == .cosine ? [] : rowNorms()
        // A product of n terms is off by at most n·2⁻²⁴ of the product of the norms, a squared norm likewise.
        let relativeError = Float(rows.stride) * Float.ulpOfOne
        let answers = BatchAnswers(count: count, limit: k)
        let blockSize = min(Self.queryBlock, max(1, (count + threads - 1) / threads))
        ParallelLoop.run(count: count, blockSize: blockSize, threads: threads) { range, _ in
            let heaps = range.map { _ in BoundedHeap() }
            for heap in heaps { heap.reset(limit: k) }
            let widened = AlignedBuffer<Float>(capacity: Self.rowBlock * rows.stride)
            let products = AlignedBuffer<Float>(capacity: range.count * Self.rowBlock)
            let scores = unsafe products.base
            for first in Swift.stride(from: 0, to: graph.slotCount, by: Self.rowBlock) {
                let blockRows = min(Self.rowBlock, graph.slotCount - first)
                // SAFETY: all three hold as many whole rows as the product has.
                unsafe MatrixMultiply.uncheckedTimesTransposed(
                    queries.base + range.lowerBound * stride, strideA: stride,
                    rows.block(first: first, count: blockRows, scratch: widened), strideB: rows.stride, into: scores,
                    strideC: Self.rowBlock, m: range.count, n: blockRows, k: rows.stride)
                for (row, heap) in heaps.enumerated() {
                    let query = unsafe UnsafePointer(queries.base + (range.lowerBound + row) * stride)
                    let ownNorm = unsafe rows.kernels.uncheckedDot(query, query, count: rows.stride)
                    for column in 0..<blockRows where graph.live[first + column] {
                        let product = unsafe scores[row * Self.rowBlock + column]
                        let slot = UInt32(first + column)
                        let norms = ownNorm + (squaredNorms.isEmpty ? 1 : squaredNorms[first + column])
                        let estimate =
                            rows.metric == .l2 ? norms - 2 * product : rows.metric.distance(fromKernel: product)
                        let least = Candidate(distance: estimate - relativeError * norms, slot: 0)
                        guard heap.wants(least.rank) else { continue }
                        heap.offer(Candidate(distance: unsafe rows.distance(query: query, to: slot), slot: slot).rank)
                    }
                }
            }
            for (row, heap) in heaps.enumerated() { answers.set(range.lowerBound + row, to: heap.takeSorted()) }
            return true
        }
        return answers.lists
    }

    private func rowNorms() -> [Float] {
        let vector = AlignedBuffer<Float>(capacity: rows.stride)
        return (0..<graph.slotCount).map { slot in
            unsafe rows.load(UInt32(slot), into: vector.base)
            return unsafe rows.kernels.uncheckedDot(vector.base, vector.base, count: rows.stride)
        }
    }

}
