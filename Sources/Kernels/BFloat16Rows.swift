import CKernels

/// Distances to rows of bfloat16, the upper half of a float32: half the memory at a relative error of 2⁻⁸ a component.
///
/// Widening is exact, so that a distance is that of the stored row; error bounds stand in `kernels_codes.h`.
extension CodeKernels {
    /// The sum of query[j] · row[j]. Larger is nearer; equal dimensions.
    public func dot(_ query: Span<Float>, bfloat16 row: Span<UInt16>) -> Float {
        unsafe pair(query, row, table.dot_bf16)
    }

    /// The sum of (query[j] − row[j])². Smaller is nearer; equal dimensions.
    public func squaredL2(_ query: Span<Float>, bfloat16 row: Span<UInt16>) -> Float {
        unsafe pair(query, row, table.l2_bf16)
    }

    /// The sum of a[j] · b[j] of two rows.
    public func dot(bfloat16 a: Span<UInt16>, _ b: Span<UInt16>) -> Float {
        unsafe pair(a, b, table.dot_bf16_pair)
    }

    /// The sum of (a[j] − b[j])² of two rows.
    public func squaredL2(bfloat16 a: Span<UInt16>, _ b: Span<UInt16>) -> Float {
        unsafe pair(a, b, table.l2_bf16_pair)
    }

    /// out[j] = x[j] rounded to bfloat16, ties to even; NaN stays NaN. Equal counts. `HalfPrecision.bfloat16` widens.
    public func narrow(_ x: Span<Float>, into out: inout MutableSpan<UInt16>) {
        unsafe narrow(x, into: &out, table.narrow_bfloat16)
    }

    func pair<A: BitwiseCopyable>(
        _ a: Span<A>, _ b: Span<UInt16>, _ kernel: (UnsafePointer<A>, UnsafePointer<UInt16>, Int) -> Float
    ) -> Float {
        precondition(a.count == b.count, "vectors of dimensions \(a.count) and \(b.count)")
        // SAFETY: the spans keep both alive during the call; n is the length of each.
        return unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                guard let x = a.baseAddress, let y = b.baseAddress else { return 0 }
                return unsafe kernel(x, y, a.count)
            }
        }
    }

    func narrow(
        _ x: Span<Float>, into out: inout MutableSpan<UInt16>,
        _ kernel: (UnsafePointer<Float>, UnsafeMutablePointer<UInt16>, Int) -> Void
    ) {
        let count = out.count
        precondition(x.count == count, "\(x.count) components for \(count) places")
        // SAFETY: the spans keep both alive; the counts are equal.
        unsafe x.withUnsafeBufferPointer { x in
            unsafe out.withUnsafeMutableBufferPointer { out in
                guard let x = x.baseAddress, let out = out.baseAddress else { return }
                unsafe kernel(x, out, count)
            }
        }
    }

    // MARK: The same without checks, for loops whose owner has proven the shapes

    /// `dot` of n elements at each address.
    @unsafe
    public func uncheckedDot(_ query: UnsafePointer<Float>, bfloat16 row: UnsafePointer<UInt16>, count n: Int) -> Float
    {
        unsafe table.dot_bf16(query, row, n)
    }

    /// `squaredL2` of n elements at each address.
    @unsafe
    public func uncheckedSquaredL2(
        _ query: UnsafePointer<Float>, bfloat16 row: UnsafePointer<UInt16>, count n: Int
    ) -> Float {
        unsafe table.l2_bf16(query, row, n)
    }

    /// `dot` of two rows of n elements.
    @unsafe
    public func uncheckedDot(bfloat16 a: UnsafePointer<UInt16>, _ b: UnsafePointer<UInt16>, count n: Int) -> Float {
        unsafe table.dot_bf16_pair(a, b, n)
    }

    /// `squaredL2` of two rows of n elements.
    @unsafe
    public func uncheckedSquaredL2(
        bfloat16 a: UnsafePointer<UInt16>, _ b: UnsafePointer<UInt16>, count n: Int
    ) -> Float {
        unsafe table.l2_bf16_pair(a, b, n)
    }

    /// The inner products with the rows base + slots[i] · stride, in the order of `slots`; rows ahead are prefetched.
    @unsafe
    public func uncheckedDotGather(
        query: UnsafePointer<Float>, bfloat16 base: UnsafePointer<UInt16>, slots: UnsafePointer<UInt32>, count: Int,
        stride: Int, dimension n: Int, into out: UnsafeMutablePointer<Float>
    ) {
        unsafe table.dot_bf16_gather(query, base, slots, count, stride, n, out)
    }

    /// The squared L2 distances to the rows base + slots[i] · stride; as `uncheckedDotGather`.
    @unsafe
    public func uncheckedSquaredL2Gather(
        query: UnsafePointer<Float>, bfloat16 base: UnsafePointer<UInt16>, slots: UnsafePointer<UInt32>, count: Int,
        stride: Int, dimension n: Int, into out: UnsafeMutablePointer<Float>
    ) {
        unsafe table.l2_bf16_gather(query, base, slots, count, stride, n, out)
    }

    /// `narrow` of n floats.
    @unsafe
    public func uncheckedNarrow(_ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<UInt16>, count n: Int) {
        unsafe table.narrow_bfloat16(x, out, n)
    }

    /// Widens `n` components, which is exact.
    @unsafe
    public func uncheckedWiden(_ x: UnsafePointer<UInt16>, into out: UnsafeMutablePointer<Float>, count n: Int) {
        unsafe table.widen_bfloat16(x, out, n)
    }
}
