import Kernels

/// How the distance of two vectors is measured. Smaller is nearer, for every metric.
public enum Metric: UInt8, Sendable, CaseIterable {
    /// 1 − cos(a, b): 0 for the same direction, 1 for orthogonal, 2 for opposite.
    ///
    /// Vectors are stored unit-length and queries are made so, hence the distance is 1 − a·b; rounding may leave it below
    /// 0 by some 10⁻⁷. A zero vector is refused.
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
        var squaredNorm = 0.0
        for index in vector.indices {
            let component = vector[index]
            guard component.isFinite else { throw .notFinite(component: index) }
            if self != .cosine, component.magnitude > format.largestComponent {
                throw .componentTooLarge(component: index, limit: format.largestComponent)
            }
            squaredNorm += Double(component) * Double(component)
        }
        var scale = 1.0
        if self == .cosine {
            guard squaredNorm > 0 else { throw .zeroVector }
            scale = 1 / squaredNorm.squareRoot()
        } else if squaredNorm > Self.maximumSquaredNorm {
            throw .magnitudeTooLarge(squaredNorm: squaredNorm, limit: Self.maximumSquaredNorm)
        }
        // SAFETY: the caller lends `dimension` floats at `row`, and the vector has that many by the first check.
        for index in vector.indices { unsafe row[index] = Float(Double(vector[index]) * scale) }
    }
}
