import Kernels

/// The codes of the vectors by slot: records of whole cache lines, scored against a prepared query without reading the
/// vectors (Gao and Long, "RaBitQ: quantizing high-dimensional vectors with a theoretical error bound", 2024).
///
/// A vector x is turned by the rotation and what remains after taking the mean μ away, r = x − μ, is coded as y. The
/// inner product with a query is estimated as ⟨r, q⟩ ≈ ⟨y, q⟩·⟨r, r⟩/⟨y, r⟩, which has no bias. Each record carries the
/// factor and what else of the distance hangs on x alone. The estimate's error at one bit is about 0.75·‖r‖·‖q − μ‖/√D.
///
/// Readers may run in parallel with one another, not with a writer of the same slot.
@safe
final class VectorCodes: Sendable {
    let layout: CodeLayout
    let metric: Metric
    let rotation: Rotation
    /// μ after the rotation.
    let mean: AlignedBuffer<Float>
    let records: AlignedBuffer<UInt8>
    let kernels: CodeKernels
    let distances: Distances
    let meanResidualNorm: Float
    /// The standard deviation of the distances of vectors at random directions from the mean, for ‖q − μ‖ = 1.
    private let unitSpread: Float
    /// The standard deviation of an estimated distance, as a share of that.
    private let relativeError: Float

    /// - Parameter meanResidualNorm: the root mean square of ‖x − μ‖.
    init(
        layout: CodeLayout, metric: Metric, rotation: Rotation, mean: AlignedBuffer<Float>,
        meanResidualNorm: Float, records: AlignedBuffer<UInt8> = AlignedBuffer(capacity: 0)
    ) {
        precondition(mean.capacity >= layout.dimension, "a mean of \(mean.capacity) components")
        self.layout = layout
        self.metric = metric
        self.rotation = rotation
        self.mean = mean
        self.records = records
        kernels = CodeKernels()
        distances = Distances()
        self.meanResidualNorm = meanResidualNorm
        relativeError =
            switch layout.kind {
            case .oneBit: 0.75
            case .fourBit: 0.12
            case .eightBit: 0.01
            }
        unitSpread = (metric == .l2 ? 2 : 1) * meanResidualNorm / Float(layout.dimension).squareRoot()
    }

    /// What a component of a code stands for when the number in it is 0, in steps.
    var codeCenter: Float { layout.kind == .fourBit ? 7.5 : 128 }

    func grow(toHold slotCount: Int) { records.grow(toHold: slotCount * layout.strideBytes) }

    /// The standard deviation of the distances to this query of vectors at random directions from the mean.
    func spread(_ query: QueryCode) -> Float { unitSpread * query.norm }

    /// The standard deviation of an estimated distance to this query, for a vector as far from the mean as most are.
    func estimateDeviation(_ query: QueryCode) -> Float { relativeError * spread(query) }

    // MARK: Encoding

    /// Writes the record of `slot` for the padded vector at `vector`.
    @unsafe
    func encode(_ vector: UnsafePointer<Float>, slot: UInt32, scratch: QueryCode) {
        let count = layout.dimension
        precondition((Int(slot) + 1) * layout.strideBytes <= records.capacity, "slot \(slot) has no record")
        // SAFETY: the record lies within the buffer by the line above, and holds the code and the trailer.
        let record = unsafe records.base + Int(slot) * layout.strideBytes
        let (residual, _) = unsafe residual(of: vector, in: scratch)
        unsafe record.update(repeating: 0, count: layout.strideBytes)
        var trailer = CodeTrailer(scale: 0, bias: 0)
        let squaredNorm: Float
        let factor: Float
        if layout.kind == .oneBit {
            let encoding = unsafe kernels.uncheckedEncodeOneBit(residual, count: count, into: record)
            squaredNorm = encoding.squaredNorm
            factor = encoding.l1Norm > 0 ? squaredNorm / encoding.l1Norm : 0
            trailer.population = UInt16(encoding.population)
        } else {
            let encoding = unsafe encodeSteps(residual, into: record)
            squaredNorm = encoding.squaredNorm
            factor = encoding.dot > 0 ? squaredNorm / encoding.dot : 0
        }
        trailer.scale = (metric == .l2 ? -2 : -1) * factor
        trailer.bias =
            metric == .l2 ? squaredNorm : -(unsafe distances.uncheckedDot(residual, mean.base, count: count))
        unsafe trailer.uncheckedWrite(into: UnsafeMutableRawPointer(record), layout: layout)
    }

    private func encodeSteps(_ residual: UnsafePointer<Float>, into record: UnsafeMutablePointer<UInt8>) -> CodeEncoding
    {
        let count = layout.dimension
        let statistics = unsafe kernels.uncheckedStatistics(residual, count: count)
        if layout.kind == .eightBit {
            let step = max(statistics.absoluteMaximum / 127, .leastNormalMagnitude)
            return unsafe kernels.uncheckedEncodeEightBit(residual, count: count, inverseScale: 1 / step, into: record)
        }
        // Sixteen steps cut the rarest components off: a finer step serves all others.
        let deviation = (statistics.squaredNorm / Float(count)).squareRoot()
        let reach = min(statistics.absoluteMaximum, Self.fourBitReach * deviation)
        let step = max(reach / 8, .leastNormalMagnitude)
        return unsafe kernels.uncheckedEncodeFourBit(residual, count: count, inverseScale: 1 / step, into: record)
    }

    /// In standard deviations: the range of four bits with the least squared error for normal numbers.
    private static let fourBitReach: Float = 2.9

    /// Overwrites a record with zeros.
    func clear(_ slot: UInt32) {
        precondition((Int(slot) + 1) * layout.strideBytes <= records.capacity, "slot \(slot) has no record")
        // SAFETY: the record lies within the buffer by the line above.
        unsafe (records.base + Int(slot) * layout.strideBytes).update(repeating: 0, count: layout.strideBytes)
    }

    // MARK: Scoring

    /// The estimated distances of the records of `slots`: out[i] belongs to slots[i].
    @unsafe @inline(__always)
    func score(
        _ query: QueryCode, slots: UnsafePointer<UInt32>, count: Int, into out: UnsafeMutablePointer<Float>
    ) {
        // SAFETY: slots come from the graph or a bitmap of this index, whose slots all have records.
        unsafe kernels.uncheckedScore(
            kernelQuery(query), layout: layout, records: records.base, slots: slots, count: count, into: out)
    }

    /// Asks for the record of a slot.
    @unsafe @inline(__always)
    func prefetch(_ slot: UInt32) {
        unsafe Kernels.prefetch(
            UnsafeRawPointer(records.base + Int(slot) &* layout.strideBytes), sizeBytes: layout.strideBytes)
    }
}
