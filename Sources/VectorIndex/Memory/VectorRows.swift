import Kernels

/// The vectors by slot: row-major, each row padded with zeros to whole cache lines, scored by one metric.
///
/// Queries are float32 and padded as `queryStride` says. Readers may run in parallel with one another, not with a writer.
@safe
final class VectorRows: Sendable {
    let dimension: Int
    let metric: Metric
    let format: RowFormat
    /// Components from row to row: the dimension rounded up to cache lines. Kernels run over the padding, which adds 0.
    let stride: Int
    let rowBytes: Int
    let kernels: Distances
    private let rowDistances: RowDistances
    /// The rows' bytes.
    let buffer: AlignedBuffer<UInt8>

    static let cacheLineBytes = 64

    init(
        dimension: Int, metric: Metric, format: RowFormat = .float32,
        buffer: AlignedBuffer<UInt8> = AlignedBuffer(capacity: 0)
    ) {
        self.dimension = dimension
        self.metric = metric
        self.format = format
        self.buffer = buffer
        kernels = Distances()
        rowDistances = RowDistances(metric == .l2 ? .squaredL2 : .dot, format.component)
        stride = Self.stride(dimension: dimension, format: format)
        rowBytes = stride * format.componentBytes
    }

    static func stride(dimension: Int, format: RowFormat) -> Int {
        let line = cacheLineBytes / format.componentBytes
        return (dimension + line - 1) / line * line
    }

    /// The floats of a padded query or vector, whatever the format and the codes.
    static func queryStride(dimension: Int) -> Int { Rotation.paddedDimension(dimension) }

    var capacity: Int { buffer.capacity / rowBytes }

    func grow(toHold slotCount: Int) { buffer.grow(toHold: slotCount * rowBytes) }

    @unsafe @inline(__always)
    private func row(_ slot: UInt32) -> UnsafeMutableRawPointer {
        precondition((Int(slot) &+ 1) &* rowBytes <= buffer.capacity, "slot \(slot) outside 0..<\(capacity)")
        return unsafe UnsafeMutableRawPointer(buffer.base + Int(slot) &* rowBytes)
    }

    /// Writes a padded vector.
    @unsafe
    func store(_ vector: UnsafePointer<Float>, slot: UInt32) {
        // SAFETY: a row holds `stride` components, and the caller lends at least as many.
        unsafe rowDistances.uncheckedNarrow(vector, into: row(slot), count: stride)
    }

    /// Writes `stride` components of a row to `vector` as floats.
    @unsafe
    func load(_ slot: UInt32, into vector: UnsafeMutablePointer<Float>) {
        // SAFETY: a row holds `stride` components, and the caller lends room for as many.
        unsafe rowDistances.uncheckedWiden(row(slot), into: vector, count: stride)
    }

    /// Rounds a padded vector to what a row of this format holds of it.
    @unsafe
    func round(_ vector: UnsafeMutablePointer<Float>) {
        guard format != .float32 else { return }
        unsafe withUnsafeTemporaryAllocation(byteCount: rowBytes, alignment: Self.cacheLineBytes) { row in
            // SAFETY: both hold `stride` components.
            guard let row = row.baseAddress else { return }
            unsafe rowDistances.uncheckedNarrow(vector, into: row, count: stride)
            unsafe rowDistances.uncheckedWiden(row, into: vector, count: stride)
        }
    }

    /// Overwrites a row with zeros.
    func clear(_ slot: UInt32) {
        // SAFETY: a row holds `rowBytes` bytes.
        unsafe row(slot).initializeMemory(as: UInt8.self, repeating: 0, count: rowBytes)
    }

    func copy(_ slot: UInt32) -> [Float] {
        var vector = [Float](repeating: 0, count: stride)
        unsafe vector.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { unsafe load(slot, into: base) }
        }
        return Array(vector.prefix(dimension))
    }

    /// Asks for the row of a slot.
    @inline(__always)
    func prefetch(_ slot: UInt32) {
        // SAFETY: a prefetch reads nothing.
        unsafe Kernels.prefetch(UnsafeRawPointer(buffer.base + Int(slot) &* rowBytes), sizeBytes: rowBytes)
    }

    // MARK: Distances

    /// The distance of two stored vectors.
    func distance(_ a: UInt32, _ b: UInt32) -> Float {
        metric.distance(fromKernel: unsafe rowDistances.unchecked(row(a), row(b), count: stride))
    }

    /// The distance of a padded query to a stored vector.
    @unsafe @inline(__always)
    func distance(query: UnsafePointer<Float>, to slot: UInt32) -> Float {
        metric.distance(fromKernel: unsafe rowDistances.unchecked(query: query, row: row(slot), count: stride))
    }

    /// The distances of a padded query to `count` stored vectors: out[i] belongs to slots[i].
    @unsafe
    func distances(
        query: UnsafePointer<Float>, slots: UnsafePointer<UInt32>, count: Int, into out: UnsafeMutablePointer<Float>
    ) {
        guard count > 0 else { return }
        // SAFETY: slots come from the graph or a bitmap of this index, whose slots all have rows.
        unsafe rowDistances.uncheckedGather(
            query: query, base: row(0), slots: slots, count: count, stride: stride, dimension: stride, into: out)
        for index in 0..<count { unsafe out[index] = metric.distance(fromKernel: out[index]) }
    }

    /// `count` rows from `first` on as floats, `stride` apart: the rows themselves, or widened into `scratch`, which holds
    /// count·stride floats.
    @unsafe
    func block(first: Int, count: Int, scratch: AlignedBuffer<Float>) -> UnsafePointer<Float> {
        precondition(first >= 0 && count > 0 && first + count <= capacity, "rows \(first)+\(count) of \(capacity)")
        let start = unsafe row(UInt32(first))
        guard format != .float32 else { return unsafe UnsafePointer(start.assumingMemoryBound(to: Float.self)) }
        precondition(scratch.capacity >= count * stride, "\(count) rows do not fit the scratch")
        unsafe rowDistances.uncheckedWiden(start, into: scratch.base, count: count * stride)
        return unsafe UnsafePointer(scratch.base)
    }
}
