import CKernels

/// Inner products and squared Euclidean distances in float32, at one SIMD level.
///
/// Fetch a value once and keep it: its results then never change, not even in the last bit, whatever the process forces
/// later. The error bounds stand in `kernels_distance.h`. All functions are pure and may run on any number of threads.
@safe
public struct Distances: Sendable {
    public let level: SIMDLevel
    private let kernels: ck_distance_kernels

    /// The kernels of `level`; scalar where the CPU lacks it.
    public init(level: SIMDLevel = .current) {
        self.level = level.isAvailable ? level : .scalar
        kernels = ck_distance_kernels_at(self.level.cLevel)
    }

    // MARK: One pair

    /// The sum of a[i]·b[i]. Larger is nearer. Both sides have the same dimension.
    public func dot(_ a: Span<Float>, _ b: Span<Float>) -> Float {
        precondition(a.count == b.count, "dot of vectors of dimensions \(a.count) and \(b.count)")
        // SAFETY: the spans keep both vectors alive during the call; n is the length of each.
        return unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                guard let x = a.baseAddress, let y = b.baseAddress else { return 0 }
                return unsafe kernels.dot(x, y, a.count)
            }
        }
    }

    /// The sum of (a[i] − b[i])². Smaller is nearer. Both sides have the same dimension.
    public func squaredL2(_ a: Span<Float>, _ b: Span<Float>) -> Float {
        precondition(a.count == b.count, "squared L2 of vectors of dimensions \(a.count) and \(b.count)")
        // SAFETY: the spans keep both vectors alive during the call; n is the length of each.
        return unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                guard let x = a.baseAddress, let y = b.baseAddress else { return 0 }
                return unsafe kernels.l2(x, y, a.count)
            }
        }
    }

    /// The L2 norm: the square root of the sum of squares, infinite where that sum exceeds float32.
    public func norm(_ a: Span<Float>) -> Float { dot(a, a).squareRoot() }

    // MARK: One query, many rows

    /// The inner product of `query` (dimension n) with every row of `rows`; row i starts at i·stride, and stride ≥ n.
    /// Writes one value a row, so that out.count is the number of rows.
    public func dotRows(query: Span<Float>, rows: Span<Float>, stride: Int, into out: inout MutableSpan<Float>) {
        unsafe scoreRows(kernels.dot_rows, query, rows, stride, &out)
    }

    /// The squared L2 distance of `query` to every row of `rows`; shapes as in `dotRows`.
    public func squaredL2Rows(query: Span<Float>, rows: Span<Float>, stride: Int, into out: inout MutableSpan<Float>) {
        unsafe scoreRows(kernels.l2_rows, query, rows, stride, &out)
    }

    private func scoreRows(
        _ kernel: ck_rows_f32, _ query: Span<Float>, _ rows: Span<Float>, _ stride: Int,
        _ out: inout MutableSpan<Float>
    ) {
        guard out.count > 0 else { return }
        precondition(stride >= query.count, "stride \(stride) is less than the dimension \(query.count)")
        let (lastRow, overflow) = (out.count - 1).multipliedReportingOverflow(by: stride)
        precondition(
            !overflow && query.count <= rows.count && lastRow <= rows.count - query.count,
            "\(out.count) rows of stride \(stride) exceed \(rows.count) floats")
        // SAFETY: the spans keep the memory alive; the last row ends within `rows` by the check above.
        unsafe query.withUnsafeBufferPointer { query in
            unsafe rows.withUnsafeBufferPointer { rows in
                unsafe out.withUnsafeMutableBufferPointer { out in
                    guard let out0 = out.baseAddress else { return }
                    guard let query0 = query.baseAddress, let rows0 = rows.baseAddress else {
                        return unsafe out0.update(repeating: 0, count: out.count)
                    }
                    unsafe kernel(query0, rows0, out.count, stride, query.count, out0)
                }
            }
        }
    }

    // MARK: The same without checks, for loops whose owner has proven the shapes

    /// `dot` of n floats at each address.
    @unsafe
    public func uncheckedDot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count n: Int) -> Float {
        unsafe kernels.dot(a, b, n)
    }

    /// `squaredL2` of n floats at each address.
    @unsafe
    public func uncheckedSquaredL2(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count n: Int) -> Float {
        unsafe kernels.l2(a, b, n)
    }

    /// `dotRows`: `count` rows from `rows` on, `stride` floats apart.
    @unsafe
    public func uncheckedDotRows(
        query: UnsafePointer<Float>, rows: UnsafePointer<Float>, count: Int, stride: Int, dimension n: Int,
        into out: UnsafeMutablePointer<Float>
    ) {
        unsafe kernels.dot_rows(query, rows, count, stride, n, out)
    }

    /// `squaredL2Rows`: `count` rows from `rows` on, `stride` floats apart.
    @unsafe
    public func uncheckedSquaredL2Rows(
        query: UnsafePointer<Float>, rows: UnsafePointer<Float>, count: Int, stride: Int, dimension n: Int,
        into out: UnsafeMutablePointer<Float>
    ) {
        unsafe kernels.l2_rows(query, rows, count, stride, n, out)
    }

    /// The inner products with the rows base + slots[i]·stride, in the order of `slots`; rows ahead are prefetched.
    @unsafe
    public func uncheckedDotGather(
        query: UnsafePointer<Float>, base: UnsafePointer<Float>, slots: UnsafePointer<UInt32>, count: Int,
        stride: Int, dimension n: Int, into out: UnsafeMutablePointer<Float>
    ) {
        unsafe kernels.dot_gather(query, base, slots, count, stride, n, out)
    }

    /// The squared L2 distances to the rows base + slots[i]·stride; as `uncheckedDotGather`.
    @unsafe
    public func uncheckedSquaredL2Gather(
        query: UnsafePointer<Float>, base: UnsafePointer<Float>, slots: UnsafePointer<UInt32>, count: Int,
        stride: Int, dimension n: Int, into out: UnsafeMutablePointer<Float>
    ) {
        unsafe kernels.l2_gather(query, base, slots, count, stride, n, out)
    }
}
