import Kernels

/// The vectors by slot: row-major float32, each row padded with zeros to whole cache lines, scored by one metric.
///
/// Readers may run in parallel with one another, not with a writer.
@safe
final class VectorRows {
    let dimension: Int
    let metric: Metric
    /// Floats from row to row: the dimension rounded up to a cache line. Kernels run over the padding, which adds 0.
    let stride: Int
    let kernels: Distances
    let buffer: AlignedBuffer<Float>

    init(dimension: Int, metric: Metric, kernels: Distances = Distances()) {
        self.dimension = dimension
        self.metric = metric
        self.kernels = kernels
        stride = Self.stride(dimension: dimension)
        buffer = AlignedBuffer(capacity: 0)
    }

    static func stride(dimension: Int) -> Int { (dimension + 15) & ~15 }

    var capacity: Int { buffer.capacity / stride }

    func grow(toHold slotCount: Int) { buffer.grow(toHold: slotCount * stride) }

    /// The row of `slot`, valid until the next `grow`.
    func row(_ slot: UInt32) -> UnsafeMutablePointer<Float> {
        precondition(Int(slot) < capacity, "slot \(slot) outside 0..<\(capacity)")
        return unsafe buffer.base + Int(slot) * stride
    }

    func copy(_ slot: UInt32) -> [Float] {
        // SAFETY: a row holds `dimension` floats and outlives this copy.
        unsafe Array(UnsafeBufferPointer(start: row(slot), count: dimension))
    }

    /// The distance of two stored vectors.
    func distance(_ a: UInt32, _ b: UInt32) -> Float { unsafe distance(query: row(a), to: b) }

    /// The distance of `query`, a padded row, to a stored vector.
    func distance(query: UnsafePointer<Float>, to slot: UInt32) -> Float {
        let value =
            switch metric {
            case .cosine, .dot: unsafe kernels.uncheckedDot(query, row(slot), count: stride)
            case .l2: unsafe kernels.uncheckedSquaredL2(query, row(slot), count: stride)
            }
        return metric.distance(fromKernel: value)
    }

    /// The distances of `query`, a padded row, to `count` stored vectors: out[i] belongs to slots[i].
    func distances(
        query: UnsafePointer<Float>, slots: UnsafePointer<UInt32>, count: Int, into out: UnsafeMutablePointer<Float>
    ) {
        // SAFETY: slots come from the graph or a bitmap of this index, whose slots all have rows.
        switch metric {
        case .cosine, .dot:
            unsafe kernels.uncheckedDotGather(
                query: query, base: buffer.base, slots: slots, count: count, stride: stride, dimension: stride,
                into: out)
        case .l2:
            unsafe kernels.uncheckedSquaredL2Gather(
                query: query, base: buffer.base, slots: slots, count: count, stride: stride, dimension: stride,
                into: out)
        }
        for index in 0..<count { unsafe out[index] = metric.distance(fromKernel: out[index]) }
    }

    /// The distances of `query`, a padded row, to the `count` vectors from slot `first` on.
    func distances(
        query: UnsafePointer<Float>, first: Int, count: Int, into out: UnsafeMutablePointer<Float>
    ) {
        precondition(first >= 0 && count >= 0 && first + count <= capacity, "rows \(first)+\(count) of \(capacity)")
        let rows = unsafe buffer.base + first * stride
        switch metric {
        case .cosine, .dot:
            unsafe kernels.uncheckedDotRows(
                query: query, rows: rows, count: count, stride: stride, dimension: stride, into: out)
        case .l2:
            unsafe kernels.uncheckedSquaredL2Rows(
                query: query, rows: rows, count: count, stride: stride, dimension: stride, into: out)
        }
        for index in 0..<count { unsafe out[index] = metric.distance(fromKernel: out[index]) }
    }
}
