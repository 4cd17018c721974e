import COpenBLAS

/// Float32 matrix products through OpenBLAS, on the calling thread alone.
///
/// All matrices are row-major. A stride is the distance in floats from one row to the next, so that a block of
/// columns of a wider matrix (one attention head, say) is an operand without a copy. Blocking and CPU-bound: never
/// call these from Swift's cooperative pool for large shapes. Any number of threads may call at once.
public enum MatrixMultiply {
    /// `C[m, n] = alpha · A[m, k] · B[n, k]ᵀ + bias[n]`: rows of A against rows of B, as a linear layer stores them.
    ///
    /// - Parameters:
    ///   - a: `m` rows of `k` floats, `strideA` apart.
    ///   - b: `n` rows of `k` floats, `strideB` apart.
    ///   - bias: `n` floats added to every row of C; nil for none.
    ///   - c: `m` rows of `n` floats, `strideC` apart, the first at `startC`; overwritten.
    public static func timesTransposed(
        _ a: Span<Float>, strideA: Int, _ b: Span<Float>, strideB: Int, bias: Span<Float>? = nil,
        into c: inout MutableSpan<Float>, startC: Int = 0, strideC: Int, m: Int, n: Int, k: Int, alpha: Float = 1
    ) {
        product(
            a, strideA: strideA, b, strideB: strideB, rowsOfB: n, columnsOfB: k, bias: bias, into: &c,
            startC: startC, strideC: strideC, m: m, n: n, k: k, alpha: alpha, transposed: true)
    }

    /// `C[m, n] = alpha · A[m, k] · B[k, n]`.
    ///
    /// - Parameters:
    ///   - a: `m` rows of `k` floats, `strideA` apart.
    ///   - b: `k` rows of `n` floats, `strideB` apart.
    ///   - c: `m` rows of `n` floats, `strideC` apart, the first at `startC`; overwritten.
    public static func times(
        _ a: Span<Float>, strideA: Int, _ b: Span<Float>, strideB: Int,
        into c: inout MutableSpan<Float>, startC: Int = 0, strideC: Int, m: Int, n: Int, k: Int, alpha: Float = 1
    ) {
        product(
            a, strideA: strideA, b, strideB: strideB, rowsOfB: k, columnsOfB: n, bias: nil, into: &c,
            startC: startC, strideC: strideC, m: m, n: n, k: k, alpha: alpha, transposed: false)
    }

    /// `timesTransposed` without a bias and without checks.
    ///
    /// The caller keeps the operands alive, and each of their rows lies within its memory.
    @unsafe
    public static func uncheckedTimesTransposed(
        _ a: UnsafePointer<Float>, strideA: Int, _ b: UnsafePointer<Float>, strideB: Int,
        into c: UnsafeMutablePointer<Float>, strideC: Int, m: Int, n: Int, k: Int
    ) {
        guard m > 0, n > 0 else { return }
        oneThread
        unsafe cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(m), blasint(n), blasint(k), 1, a, blasint(strideA), b,
            blasint(strideB), 0, c, blasint(strideC))
    }

    // OpenBLAS would start a thread per core for each product; the callers' own workers are the parallelism here.
    static let oneThread: Void = openblas_set_num_threads(1)

    private static func product(
        _ a: Span<Float>, strideA: Int, _ b: Span<Float>, strideB: Int, rowsOfB: Int, columnsOfB: Int,
        bias: Span<Float>?, into c: inout MutableSpan<Float>, startC: Int, strideC: Int, m: Int, n: Int, k: Int,
        alpha: Float, transposed: Bool
    ) {
        guard m > 0, n > 0 else { return }
        precondition(k > 0, "a product over k = \(k) elements")
        checkBounds(a.count, rows: m, columns: k, stride: strideA, name: "A")
        checkBounds(b.count, rows: rowsOfB, columns: columnsOfB, stride: strideB, name: "B")
        precondition((0...c.count).contains(startC), "C starts at \(startC) of \(c.count) elements")
        checkBounds(c.count - startC, rows: m, columns: n, stride: strideC, name: "C")
        oneThread
        if let bias {
            RowKernels.best.fillRows(&c, start: startC, with: bias, rows: m, columns: n, stride: strideC)
        }
        // SAFETY: the spans keep their memory alive during the closures, checkBounds has shown that every row that
        // the product touches lies inside them, and exclusivity of `c` rules out overlap with A and B.
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                unsafe c.withUnsafeMutableBufferPointer { c in
                    unsafe cblas_sgemm(
                        CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans,
                        blasint(m), blasint(n), blasint(k), alpha, a.baseAddress, blasint(strideA),
                        b.baseAddress, blasint(strideB), bias == nil ? 0 : 1, c.baseAddress.map { unsafe $0 + startC },
                        blasint(strideC))
                }
            }
        }
    }
}

/// Traps unless `rows` rows of `columns` elements, `stride` apart, fit into `count` elements.
///
/// Sizes are limited to 32 bits because BLAS counts in them.
func checkBounds(_ count: Int, rows: Int, columns: Int, stride: Int, name: StaticString) {
    precondition(
        rows >= 0 && columns >= 0 && stride >= columns && rows <= Int32.max && stride <= Int32.max
            && (rows == 0 || (rows - 1) * stride + columns <= count),
        "\(name): \(rows) rows of \(columns), stride \(stride), do not fit \(count) elements")
}
