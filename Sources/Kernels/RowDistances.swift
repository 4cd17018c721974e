import CKernels

/// How the components of a row are written. Widening to float32 is exact, so that a distance is that of the stored row.
public enum RowComponent: Sendable, CaseIterable {
    case float32
    /// The upper half of a float32: half the memory at a relative error of 2⁻⁸ a component.
    case bfloat16
    /// The half precision of IEEE 754: half the memory at a relative error of 2⁻¹¹ a component between 2⁻¹⁴ and 65,504 in
    /// magnitude, and an absolute one of 2⁻²⁵ below.
    case float16

    var cFormat: ck_row_format {
        switch self {
        case .float32: CK_ROWS_FLOAT32
        case .bfloat16: CK_ROWS_BFLOAT16
        case .float16: CK_ROWS_FLOAT16
        }
    }
}

/// The kernels for rows of one kind of component under one measure, at one SIMD level: what a store of vectors calls
/// without asking how its rows are written.
///
/// Nothing is checked: the owner of a loop has proven the shapes. Error bounds stand in `kernels_distance.h`. All
/// functions are pure and may run on any number of threads.
@safe
public struct RowDistances: Sendable {
    public enum Measure: Sendable, CaseIterable {
        /// The sum of a[j] · b[j]. Larger is nearer.
        case dot
        /// The sum of (a[j] − b[j])². Smaller is nearer.
        case squaredL2
    }

    private let measure: ck_measure
    private let narrow: @convention(c) (UnsafePointer<Float>, UnsafeMutableRawPointer, Int) -> Void
    private let widen: @convention(c) (UnsafeRawPointer, UnsafeMutablePointer<Float>, Int) -> Void

    /// The kernels of `level`; scalar where the CPU lacks it. For 16-bit components at AVX-512 a CPU without VNNI or
    /// VPOPCNTDQ runs those of AVX2.
    public init(_ measure: Measure, _ component: RowComponent, level: SIMDLevel = .current) {
        let kernels = ck_row_kernels_at(level.cLevel, component.cFormat)
        self.measure = measure == .dot ? kernels.dot : kernels.l2
        unsafe narrow = kernels.narrow
        unsafe widen = kernels.widen
    }

    /// The measure of a query and a row of n components each.
    @unsafe
    public func unchecked(query: UnsafePointer<Float>, row: UnsafeRawPointer, count n: Int) -> Float {
        unsafe measure.query_row(query, row, n)
    }

    /// The measure of two rows of n components each.
    @unsafe
    public func unchecked(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, count n: Int) -> Float {
        unsafe measure.row_row(a, b, n)
    }

    /// The measures of a query and the rows that start slots[i] · stride components after `base`, in the order of `slots`,
    /// with the bits of `unchecked(query:row:count:)`; rows ahead are prefetched.
    @unsafe
    public func uncheckedGather(
        query: UnsafePointer<Float>, base: UnsafeRawPointer, slots: UnsafePointer<UInt32>, count: Int, stride: Int,
        dimension n: Int, into out: UnsafeMutablePointer<Float>
    ) {
        unsafe measure.gather(query, base, slots, count, stride, n, out)
    }

    /// Writes n floats as components of a row, rounded with ties to even. What rounds beyond the largest finite number
    /// becomes infinity; NaN stays NaN.
    @unsafe
    public func uncheckedNarrow(_ x: UnsafePointer<Float>, into row: UnsafeMutableRawPointer, count n: Int) {
        unsafe narrow(x, row, n)
    }

    /// Writes n components of a row as floats, which is exact.
    @unsafe
    public func uncheckedWiden(_ row: UnsafeRawPointer, into x: UnsafeMutablePointer<Float>, count n: Int) {
        unsafe widen(row, x, n)
    }
}
