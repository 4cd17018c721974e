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
    private let half: CodeKernels
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
        half = CodeKernels()
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
    private func bytes(_ slot: UInt32) -> UnsafeMutablePointer<UInt8> {
        precondition((Int(slot) &+ 1) &* rowBytes <= buffer.capacity, "slot \(slot) outside 0..<\(capacity)")
        return unsafe buffer.base + Int(slot) &* rowBytes
    }

    /// Rows as floats, or as 16-bit floats, from `slot` on.
    @unsafe @inline(__always)
    private func floats(_ slot: UInt32) -> UnsafeMutablePointer<Float> {
        unsafe UnsafeMutableRawPointer(bytes(slot)).assumingMemoryBound(to: Float.self)
    }

    @unsafe @inline(__always)
    private func halves(_ slot: UInt32) -> UnsafeMutablePointer<UInt16> {
        unsafe UnsafeMutableRawPointer(bytes(slot)).assumingMemoryBound(to: UInt16.self)
    }

    /// Writes a padded vector.
    @unsafe
    func store(_ vector: UnsafePointer<Float>, slot: UInt32) {
        // SAFETY: a row holds `stride` components, and the caller lends at least as many.
        switch format {
        case .float32: unsafe floats(slot).update(from: vector, count: stride)
        case .bfloat16: unsafe half.uncheckedNarrow(vector, into: halves(slot), count: stride)
        case .float16: unsafe half.uncheckedNarrowFloat16(vector, into: halves(slot), count: stride)
        }
    }

    /// Writes `stride` components of a row to `vector` as floats.
    @unsafe
    func load(_ slot: UInt32, into vector: UnsafeMutablePointer<Float>) {
        // SAFETY: a row holds `stride` components, and the caller lends room for as many.
        switch format {
        case .float32: unsafe vector.update(from: floats(slot), count: stride)
        case .bfloat16: unsafe half.uncheckedWiden(halves(slot), into: vector, count: stride)
        case .float16: unsafe half.uncheckedWidenFloat16(halves(slot), into: vector, count: stride)
        }
    }

    /// Rounds a padded vector to what a row of this format holds of it.
    @unsafe
    func round(_ vector: UnsafeMutablePointer<Float>) {
        guard format != .float32 else { return }
        unsafe withUnsafeTemporaryAllocation(of: UInt16.self, capacity: stride) { halves in
            // SAFETY: both hold `stride` components.
            guard let halves = halves.baseAddress else { return }
            switch format {
            case .float32: break
            case .bfloat16:
                unsafe half.uncheckedNarrow(vector, into: halves, count: stride)
                unsafe half.uncheckedWiden(halves, into: vector, count: stride)
            case .float16:
                unsafe half.uncheckedNarrowFloat16(vector, into: halves, count: stride)
                unsafe half.uncheckedWidenFloat16(halves, into: vector, count: stride)
            }
        }
    }

    /// Overwrites a row with zeros.
    func clear(_ slot: UInt32) {
        // SAFETY: a row holds `rowBytes` bytes.
        unsafe bytes(slot).update(repeating: 0, count: rowBytes)
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
        let value: Float
        switch (format, metric) {
        case (.float32, .l2): value = unsafe kernels.uncheckedSquaredL2(floats(a), floats(b), count: stride)
        case (.float32, _): value = unsafe kernels.uncheckedDot(floats(a), floats(b), count: stride)
        case (.bfloat16, .l2): value = unsafe half.uncheckedSquaredL2(bfloat16: halves(a), halves(b), count: stride)
        case (.bfloat16, _): value = unsafe half.uncheckedDot(bfloat16: halves(a), halves(b), count: stride)
        case (.float16, .l2): value = unsafe half.uncheckedSquaredL2(float16: halves(a), halves(b), count: stride)
        case (.float16, _): value = unsafe half.uncheckedDot(float16: halves(a), halves(b), count: stride)
        }
        return metric.distance(fromKernel: value)
    }

    /// The distance of a padded query to a stored vector.
    @unsafe @inline(__always)
    func distance(query: UnsafePointer<Float>, to slot: UInt32) -> Float {
        let value: Float
        switch (format, metric) {
        case (.float32, .l2): value = unsafe kernels.uncheckedSquaredL2(query, floats(slot), count: stride)
        case (.float32, _): value = unsafe kernels.uncheckedDot(query, floats(slot), count: stride)
        case (.bfloat16, .l2): value = unsafe half.uncheckedSquaredL2(query, bfloat16: halves(slot), count: stride)
        case (.bfloat16, _): value = unsafe half.uncheckedDot(query, bfloat16: halves(slot), count: stride)
        case (.float16, .l2): value = unsafe half.uncheckedSquaredL2(query, float16: halves(slot), count: stride)
        case (.float16, _): value = unsafe half.uncheckedDot(query, float16: halves(slot), count: stride)
        }
        return metric.distance(fromKernel: value)
    }

    /// The distances of a padded query to `count` stored vectors: out[i] belongs to slots[i].
    @unsafe
    func distances(
        query: UnsafePointer<Float>, slots: UnsafePointer<UInt32>, count: Int, into out: UnsafeMutablePointer<Float>
    ) {
        guard count > 0 else { return }
        // SAFETY: slots come from the graph or a bitmap of this index, whose slots all have rows.
        switch (format, metric) {
        case (.float32, .l2):
            unsafe kernels.uncheckedSquaredL2Gather(
                query: query, base: floats(0), slots: slots, count: count, stride: stride, dimension: stride, into: out)
        case (.float32, _):
            unsafe kernels.uncheckedDotGather(
                query: query, base: floats(0), slots: slots, count: count, stride: stride, dimension: stride, into: out)
        case (.bfloat16, .l2):
            unsafe half.uncheckedSquaredL2Gather(
                query: query, bfloat16: halves(0), slots: slots, count: count, stride: stride, dimension: stride,
                into: out)
        case (.bfloat16, _):
            unsafe half.uncheckedDotGather(
                query: query, bfloat16: halves(0), slots: slots, count: count, stride: stride, dimension: stride,
                into: out)
        case (.float16, .l2):
            unsafe half.uncheckedSquaredL2Gather(
                query: query, float16: halves(0), slots: slots, count: count, stride: stride, dimension: stride,
                into: out)
        case (.float16, _):
            unsafe half.uncheckedDotGather(
                query: query, float16: halves(0), slots: slots, count: count, stride: stride, dimension: stride,
                into: out)
        }
        for index in 0..<count { unsafe out[index] = metric.distance(fromKernel: out[index]) }
    }

    /// `count` rows from `first` on as floats, `stride` apart: the rows themselves, or widened into `scratch`, which holds
    /// count·stride floats.
    @unsafe
    func block(first: Int, count: Int, scratch: AlignedBuffer<Float>) -> UnsafePointer<Float> {
        precondition(first >= 0 && count > 0 && first + count <= capacity, "rows \(first)+\(count) of \(capacity)")
        switch format {
        case .float32: return unsafe UnsafePointer(floats(UInt32(first)))
        case .bfloat16:
            precondition(scratch.capacity >= count * stride, "\(count) rows do not fit the scratch")
            unsafe half.uncheckedWiden(halves(UInt32(first)), into: scratch.base, count: count * stride)
        case .float16:
            precondition(scratch.capacity >= count * stride, "\(count) rows do not fit the scratch")
            unsafe half.uncheckedWidenFloat16(halves(UInt32(first)), into: scratch.base, count: count * stride)
        }
        return unsafe UnsafePointer(scratch.base)
    }
}
