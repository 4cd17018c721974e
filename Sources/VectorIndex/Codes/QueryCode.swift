import Kernels

/// A query made ready for scoring codes, and the memory for making it; used by one thread at a time.
@safe
final class QueryCode {
    fileprivate let rotated: AlignedBuffer<Float>
    fileprivate let between: AlignedBuffer<Float>
    /// One bit: four planes of as many words as a record.
    fileprivate let planes: AlignedBuffer<UInt64>
    /// Four and eight bits: a signed byte a component.
    fileprivate let values: AlignedBuffer<Int8>
    fileprivate var terms = CodeTerms()
    /// ‖q − μ‖.
    fileprivate(set) var norm: Float = 0

    /// - Parameter dimension: the padded one.
    init(dimension: Int, recordBytes: Int) {
        rotated = AlignedBuffer(capacity: dimension)
        between = AlignedBuffer(capacity: dimension)
        planes = AlignedBuffer(capacity: 4 * recordBytes / 8)
        values = AlignedBuffer(capacity: dimension)
    }
}

extension VectorCodes {
    /// Turns the padded vector at `vector` and takes the mean away; returns the inner product with the mean before that.
    @unsafe
    func residual(of vector: UnsafePointer<Float>, in query: QueryCode) -> (UnsafeMutablePointer<Float>, Float) {
        // SAFETY: the buffers of a query code hold as many floats as a padded vector.
        let rotated = unsafe query.rotated.base
        unsafe rotation.apply(vector, to: rotated, between: query.between.base)
        let mean = unsafe self.mean.base
        let meanDot = unsafe distances.uncheckedDot(rotated, mean, count: layout.dimension)
        for index in 0..<layout.dimension { unsafe rotated[index] -= mean[index] }
        return unsafe (rotated, meanDot)
    }

    /// Makes `query` ready for the padded vector at `vector`.
    @unsafe
    func prepare(_ vector: UnsafePointer<Float>, into query: QueryCode) {
        let (residual, meanDot) = unsafe residual(of: vector, in: query)
        let statistics = unsafe kernels.uncheckedStatistics(residual, count: layout.dimension)
        var terms = CodeTerms()
        switch metric {
        case .cosine: terms.constant = 1 - meanDot
        case .dot: terms.constant = -meanDot
        case .l2: terms.constant = statistics.squaredNorm
        }
        switch layout.kind {
        case .oneBit:
            // q ≈ low + step·u with u in 0...15. The inner product with signs ±1 is 2·Σ(bit·q) − Σq.
            let step = max((statistics.maximum - statistics.minimum) / 15, .leastNormalMagnitude)
            unsafe kernels.uncheckedQuantisePlanes(
                residual, count: layout.dimension, low: statistics.minimum, inverseStep: 1 / step,
                into: query.planes.base, wordsPerPlane: layout.wordsPerPlane)
            terms.alpha = 2 * step
            terms.beta = 2 * statistics.minimum
            terms.gamma = -statistics.sum
        case .fourBit, .eightBit:
            let step = max(statistics.absoluteMaximum / 127, .leastNormalMagnitude)
            let sum = unsafe kernels.uncheckedQuantiseSigned(
                residual, count: layout.dimension, inverseScale: 1 / step, into: query.values.base)
            terms.alpha = step
            terms.gamma = -step * Float(sum) * codeCenter
        }
        query.terms = terms
        query.norm = statistics.squaredNorm.squareRoot()
    }

    /// The query as the kernels take it, good while `query` lives and is not prepared anew.
    @unsafe @inline(__always)
    func kernelQuery(_ query: QueryCode) -> CodeQuery {
        layout.kind == .oneBit
            ? unsafe CodeQuery(planes: query.planes.base, terms: query.terms, layout: layout)
            : unsafe CodeQuery(values: query.values.base, terms: query.terms, layout: layout)
    }
}
