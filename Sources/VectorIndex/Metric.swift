import Kernels

/// How the distance of two vectors is measured. Smaller is nearer, for every metric.
public enum Metric: UInt8, Sendable, CaseIterable {
    /// 1 − cos(a, b): 0 for the same direction, 1 for orthogonal, 2 for opposite.
    ///
    /// Vectors are stored unit-length and queries are made so, hence the distance is 1 − a·b; rounding may leave it below
    /// 0 by some 10⁻⁷. A zero vector, which has no direction, is at distance 1 from everything.
    case cosine = 0
    /// −a·b: any sign. Not a metric in the mathematical sense: a long vector can be nearer to a query than itself.
    case dot = 1
    /// ‖a − b‖²: the squared Euclidean distance; the square root is left to the caller.
    case l2 = 2

    /// The largest squared norm of a vector for dot and l2. With it every distance stays finite: |a·b| is at most this,
    /// and ‖a − b‖² at most four times this.
    public static let maximumSquaredNorm = 4e37

    /// The distance that belongs to what this metric's kernel returns.
    @inline(__always)
    func distance(fromKernel value: Float) -> Float {
        switch self {
        case .cosine: 1 - value
        case .dot: -value
        case .l2: value
        }
    }

    /// Checks `vector` and writes it to `row`, unit-length for cosine; writes nothing when it throws.
    ///
    /// The norm is taken in Double, so that tiny and huge vectors keep their direction.
    @unsafe
    func prepare(
        _ vector: Span<Float>, dimension: Int, format: RowFormat = .float32, into row: UnsafeMutablePointer<Float>
    ) throws(VectorIndexError) {
        guard vector.count == dimension else {
            throw .dimensionMismatch(expected: dimension, found: vector.count)
        }
        let squaredNorm = Self.squaredNorm(vector)
        guard squaredNorm.isFinite else {
            // Squares of finite floats stay finite in Double.
            throw .notFinite(component: vector.indices.first { !vector[$0].isFinite } ?? 0)
        }
        var scale = 1.0
        if self == .cosine {
            if squaredNorm > 0 { scale = 1 / squaredNorm.squareRoot() }
        } else {
            if let index = vector.indices.first(where: { vector[$0].magnitude > format.largestComponent }) {
                throw .componentTooLarge(component: index, limit: format.largestComponent)
            }
            guard squaredNorm <= Self.maximumSquaredNorm else {
                throw .magnitudeTooLarge(squaredNorm: squaredNorm, limit: Self.maximumSquaredNorm)
            }
        }
        unsafe vector.withUnsafeBufferPointer { vector in
            // SAFETY: the caller lends `dimension` floats at `row`, and the vector has that many by the first check.
            for index in 0..<dimension { unsafe row[index] = Float(Double(vector[index]) * scale) }
        }
    }

    /// Eight sums at a time: one would wait for each addition.
    private static func squaredNorm(_ vector: Span<Float>) -> Double {
        unsafe vector.withUnsafeBufferPointer { vector in
            guard let base = vector.baseAddress else { return 0 }
            var sums = SIMD8<Double>.zero
            let whole = vector.count / 8 * 8
            for first in stride(from: 0, to: whole, by: 8) {
                // SAFETY: eight floats lie at `first`, at any alignment.
                let lanes = unsafe UnsafeRawPointer(base + first).loadUnaligned(as: SIMD8<Float>.self)
                let wide = SIMD8<Double>(lanes)
                sums += wide * wide
            }
            var sum = sums.sum()
            for index in whole..<vector.count {
                let component = unsafe Double(vector[index])
                sum += component * component
            }
            return sum
        }
    }
}
