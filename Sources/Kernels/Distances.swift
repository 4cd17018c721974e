import CKernels

/// Inner products and squared Euclidean distances in float32, at one SIMD level.
///
/// Fetch a value once and keep it: its results then never change, not even in the last bit, whatever the process forces
/// later. The error bounds stand in `kernels_distance.h`. All functions are pure and may run on any number of threads.
@safe
public struct Distances: Sendable {
    public let level: SIMDLevel
    private let kernels: ck_row_kernels

    /// The kernels of `level`; scalar where the CPU lacks it.
    public init(level: SIMDLevel = .current) {
        self.level = level.isAvailable ? level : .scalar
        kernels = ck_row_kernels_at(self.level.cLevel, CK_ROWS_FLOAT32)
    }

    /// The sum of a[i]·b[i]. Larger is nearer. Both sides have the same dimension.
    public func dot(_ a: Span<Float>, _ b: Span<Float>) -> Float { unsafe pair(a, b, kernels.dot.query_row) }

    /// The sum of (a[i] − b[i])². Smaller is nearer. Both sides have the same dimension.
    public func squaredL2(_ a: Span<Float>, _ b: Span<Float>) -> Float { unsafe pair(a, b, kernels.l2.query_row) }

    /// The L2 norm: the square root of the sum of squares, infinite where that sum exceeds float32.
    public func norm(_ a: Span<Float>) -> Float { dot(a, a).squareRoot() }

    private func pair(_ a: Span<Float>, _ b: Span<Float>, _ kernel: ck_pair) -> Float {
        precondition(a.count == b.count, "vectors of dimensions \(a.count) and \(b.count)")
        // SAFETY: the spans keep both vectors alive during the call; n is the length of each.
        return unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                guard let x = a.baseAddress, let y = b.baseAddress else { return 0 }
                return unsafe kernel(x, y, a.count)
            }
        }
    }

    /// `dot` of n floats at each address, for loops whose owner has proven the shapes.
    @unsafe
    public func uncheckedDot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count n: Int) -> Float {
        unsafe kernels.dot.query_row(a, b, n)
    }
}
