import CKernels

/// Distances to rows of float16, the half precision of IEEE 754: half the memory at a relative error of 2⁻¹¹ a component
/// between 2⁻¹⁴ and 65,504 in magnitude, and an absolute one of 2⁻²⁵ below.
///
/// Widening is exact, so that a distance is that of the stored row; error bounds stand in `kernels_codes.h`.
extension CodeKernels {
    /// The sum of query[j] · row[j]. Larger is nearer; equal dimensions.
    public func dot(_ query: Span<Float>, float16 row: Span<UInt16>) -> Float {
        unsafe pair(query, row, table.dot_f16)
    }

    /// The sum of (query[j] − row[j])². Smaller is nearer; equal dimensions.
    public func squaredL2(_ query: Span<Float>, float16 row: Span<UInt16>) -> Float {
        unsafe pair(query, row, table.l2_f16)
    }

    /// The sum of a[j] · b[j] of two rows.
    public func dot(float16 a: Span<UInt16>, _ b: Span<UInt16>) -> Float {
        unsafe pair(a, b, table.dot_f16_pair)
    }

    /// The sum of (a[j] − b[j])² of two rows.
    public func squaredL2(float16 a: Span<UInt16>, _ b: Span<UInt16>) -> Float {
        unsafe pair(a, b, table.l2_f16_pair)
    }

    /// out[j] = x[j] rounded to float16, ties to even; magnitudes from 65,520 on become infinity, those up to 2⁻²⁵ zero;
    /// NaN stays NaN. Equal counts. `HalfPrecision.float16` widens.
    public func narrowFloat16(_ x: Span<Float>, into out: inout MutableSpan<UInt16>) {
        unsafe narrow(x, into: &out, table.narrow_float16)
    }

    // MARK: The same without checks, for loops whose owner has proven the shapes

    /// `dot` of n elements at each address.
    @unsafe
    public func uncheckedDot(_ query: UnsafePointer<Float>, float16 row: UnsafePointer<UInt16>, count n: Int) -> Float {
        unsafe table.dot_f16(query, row, n)
    }

    /// `squaredL2` of n elements at each address.
    @unsafe
    public func uncheckedSquaredL2(
        _ query: UnsafePointer<Float>, float16 row: UnsafePointer<UInt16>, count n: Int
    ) -> Float {
        unsafe table.l2_f16(query, row, n)
    }

    /// `dot` of two rows of n elements.
    @unsafe
    public func uncheckedDot(float16 a: UnsafePointer<UInt16>, _ b: UnsafePointer<UInt16>, count n: Int) -> Float {
        unsafe table.dot_f16_pair(a, b, n)
    }

    /// `squaredL2` of two rows of n elements.
    @unsafe
    public func uncheckedSquaredL2(
        float16 a: UnsafePointer<UInt16>, _ b: UnsafePointer<UInt16>, count n: Int
    ) -> Float {
        unsafe table.l2_f16_pair(a, b, n)
    }

    /// The inner products with the rows base + slots[i] · stride, in the order of `slots`; rows ahead are prefetched.
    @unsafe
    public func uncheckedDotGather(
        query: UnsafePointer<Float>, float16 base: UnsafePointer<UInt16>, slots: UnsafePointer<UInt32>, count: Int,
        stride: Int, dimension n: Int, into out: UnsafeMutablePointer<Float>
    ) {
        unsafe table.dot_f16_gather(query, base, slots, count, stride, n, out)
    }

    /// The squared L2 distances to the rows base + slots[i] · stride; as `uncheckedDotGather`.
    @unsafe
    public func uncheckedSquaredL2Gather(
        query: UnsafePointer<Float>, float16 base: UnsafePointer<UInt16>, slots: UnsafePointer<UInt32>, count: Int,
        stride: Int, dimension n: Int, into out: UnsafeMutablePointer<Float>
    ) {
        unsafe table.l2_f16_gather(query, base, slots, count, stride, n, out)
    }

    /// `narrowFloat16` of n floats.
    @unsafe
    public func uncheckedNarrowFloat16(
        _ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<UInt16>, count n: Int
    ) {
        unsafe table.narrow_float16(x, out, n)
    }

    /// Widens `n` components, which is exact.
    @unsafe
    public func uncheckedWidenFloat16(
        _ x: UnsafePointer<UInt16>, into out: UnsafeMutablePointer<Float>, count n: Int
    ) {
        unsafe table.widen_float16(x, out, n)
    }
}
