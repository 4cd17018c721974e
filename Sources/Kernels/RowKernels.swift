import CKernels

/// What a transformer does to the rows of a matrix between its products: bias and GELU, softmax, layer norm, pooling.
///
/// Matrices are row-major float32. Functions are thin over the C kernels: they check the shapes, then call. They
/// allocate nothing and may be used from any thread. Error bounds are in `kernels_rows.h`; `RowReference` is the
/// plain meaning of each function.
@safe public struct RowKernels: @unchecked Sendable {
    /// The fastest kernels that this CPU can run.
    public static let best = unsafe RowKernels(table: kernels_rows_best().pointee)

    /// How many instruction-set levels this build knows; 0 is the baseline of the architecture.
    public static var levelCount: Int { Int(kernels_rows_level_count()) }

    // SAFETY: a copy of a constant table of C functions without state; sharing it between threads is harmless.
    private let table: kernels_rows_table

    private init(table: kernels_rows_table) {
        unsafe self.table = unsafe table
    }

    /// The kernels of one level, for tests; nil when this CPU cannot run it or the level is unknown.
    public init?(level: Int) {
        guard let level = Int32(exactly: level), let table = unsafe kernels_rows_at_level(level) else { return nil }
        unsafe self.init(table: table.pointee)
    }

    /// "baseline", "AVX2" or "AVX-512".
    public var name: String { unsafe String(cString: table.name) }

    /// `x[r, c] = gelu(x[r, c] + bias[c])` with the exact GELU, `v/2 · (1 + erf(v/√2))`.
    public func biasGELU(_ x: inout MutableSpan<Float>, bias: Span<Float>, rows: Int, columns: Int) {
        checkBounds(x.count, rows: rows, columns: columns, stride: columns, name: "x")
        precondition(bias.count == columns, "\(bias.count) biases for \(columns) columns")
        // SAFETY: the spans outlive the closures; the bounds are checked above.
        unsafe x.withUnsafeMutableBufferPointer { x in
            unsafe bias.withUnsafeBufferPointer { bias in
                guard let x = x.baseAddress, let bias = bias.baseAddress else { return }
                unsafe table.bias_gelu(x, bias, rows, columns)
            }
        }
    }

    /// Each row becomes `exp(x - max) / Σ exp(x - max)`; rows lie `stride` floats apart.
    public func softmax(_ x: inout MutableSpan<Float>, rows: Int, columns: Int, stride: Int) {
        precondition(columns > 0, "softmax over no columns")
        checkBounds(x.count, rows: rows, columns: columns, stride: stride, name: "x")
        // SAFETY: the span outlives the closure; the bounds are checked above.
        unsafe x.withUnsafeMutableBufferPointer { x in
            guard let x = x.baseAddress else { return }
            unsafe table.softmax(x, rows, columns, stride)
        }
    }

    /// `x[r] = layerNorm(x[r] + residual[r] + bias) · gamma + beta`, with the biased variance and `epsilon` under the
    /// root (Ba, Kiros, Hinton 2016, arXiv:1607.06450).
    ///
    /// - Parameters:
    ///   - x: `rows` × `columns`, replaced.
    ///   - residual: `rows` × `columns`, or nil for 0.
    ///   - bias: `columns`, or nil for 0.
    public func layerNorm(
        _ x: inout MutableSpan<Float>, residual: Span<Float>?, bias: Span<Float>?, gamma: Span<Float>,
        beta: Span<Float>, epsilon: Float, rows: Int, columns: Int
    ) {
        precondition(columns > 0, "layer norm over no columns")
        checkBounds(x.count, rows: rows, columns: columns, stride: columns, name: "x")
        precondition(gamma.count == columns && beta.count == columns, "gamma and beta must have \(columns) values")
        if let residual {
            checkBounds(residual.count, rows: rows, columns: columns, stride: columns, name: "residual")
        }
        if let bias { precondition(bias.count == columns, "\(bias.count) biases for \(columns) columns") }
        // SAFETY: the spans outlive the closures; the bounds are checked above. An absent residual or bias is NULL.
        unsafe x.withUnsafeMutableBufferPointer { x in
            unsafe gamma.withUnsafeBufferPointer { gamma in
                unsafe beta.withUnsafeBufferPointer { beta in
                    unsafe withAddress(of: residual) { residual in
                        unsafe withAddress(of: bias) { bias in
                            guard let x = x.baseAddress, let gamma = gamma.baseAddress, let beta = beta.baseAddress
                            else { return }
                            unsafe table.layer_norm(x, residual, bias, gamma, beta, epsilon, rows, columns)
                        }
                    }
                }
            }
        }
    }

    /// `out[c]` = mean over the rows of `x[r, c]`.
    public func mean(_ x: Span<Float>, rows: Int, columns: Int, into out: inout MutableSpan<Float>) {
        precondition(rows > 0, "mean over no rows")
        checkBounds(x.count, rows: rows, columns: columns, stride: columns, name: "x")
        precondition(out.count == columns, "\(out.count) places for \(columns) columns")
        // SAFETY: the spans outlive the closures; the bounds are checked above.
        unsafe x.withUnsafeBufferPointer { x in
            unsafe out.withUnsafeMutableBufferPointer { out in
                guard let x = x.baseAddress, let out = out.baseAddress else { return }
                unsafe table.mean(x, rows, columns, out)
            }
        }
    }

    /// Divides `x` by its L2 norm and returns the norm. A norm of 0, NaN or infinity leaves `x` as it is.
    @discardableResult
    public func unitLength(_ x: inout MutableSpan<Float>) -> Float {
        // SAFETY: the span outlives the closure and gives its own count.
        unsafe x.withUnsafeMutableBufferPointer { x in
            guard let start = x.baseAddress else { return 0 }
            return unsafe table.unit_length(start, x.count)
        }
    }

    /// `out[start + i] = a[i] + b[i] + d[i]`; the summands have equal counts.
    public func add(
        _ a: Span<Float>, _ b: Span<Float>, _ d: Span<Float>, into out: inout MutableSpan<Float>, start: Int = 0
    ) {
        let count = a.count
        precondition(b.count == count && d.count == count, "summands differ in count")
        precondition(start >= 0 && start <= out.count - count, "\(count) sums at \(start) of \(out.count) places")
        // SAFETY: the spans outlive the closures; the bounds are checked above.
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                unsafe d.withUnsafeBufferPointer { d in
                    unsafe out.withUnsafeMutableBufferPointer { out in
                        guard let a = a.baseAddress, let b = b.baseAddress, let d = d.baseAddress,
                            let out = out.baseAddress
                        else { return }
                        unsafe table.add3(out + start, a, b, d, count)
                    }
                }
            }
        }
    }

    /// Every row becomes `bias`; rows lie `stride` floats apart, the first at `start`.
    public func fillRows(
        _ x: inout MutableSpan<Float>, start: Int = 0, with bias: Span<Float>, rows: Int, columns: Int, stride: Int
    ) {
        precondition((0...x.count).contains(start), "a start at \(start) of \(x.count) elements")
        checkBounds(x.count - start, rows: rows, columns: columns, stride: stride, name: "x")
        precondition(bias.count == columns, "\(bias.count) biases for \(columns) columns")
        // SAFETY: the spans outlive the closures; the bounds are checked above.
        unsafe x.withUnsafeMutableBufferPointer { x in
            unsafe bias.withUnsafeBufferPointer { bias in
                guard let x = x.baseAddress, let bias = bias.baseAddress else { return }
                unsafe table.fill_rows(x + start, bias, rows, columns, stride)
            }
        }
    }
}

/// Element types that model files use beside float32.
public enum HalfPrecision: Sendable {
    /// IEEE 754 binary16.
    case float16
    /// The upper half of a float32.
    case bfloat16

    /// `out[i]` = `bits[i]` as float32, exactly; equal counts.
    public func widen(_ bits: Span<UInt16>, into out: inout MutableSpan<Float>) {
        let count = out.count
        precondition(bits.count == count, "\(bits.count) values for \(count) places")
        // SAFETY: the spans outlive the closures; the counts are equal.
        unsafe bits.withUnsafeBufferPointer { bits in
            unsafe out.withUnsafeMutableBufferPointer { out in
                guard let bits = bits.baseAddress, let out = out.baseAddress else { return }
                let format = self == .float16 ? CK_ROWS_FLOAT16 : CK_ROWS_BFLOAT16
                unsafe ck_row_kernels_at(SIMDLevel.current.cLevel, format).widen(bits, out, count)
            }
        }
    }
}

/// The index of the first value that is NaN or infinite; nil when all are finite.
public func firstNotFinite(_ x: Span<Float>) -> Int? {
    // SAFETY: the span outlives the closure and gives its own count.
    let index = unsafe x.withUnsafeBufferPointer { x in
        guard let start = x.baseAddress else { return 0 }
        return unsafe kernels_first_not_finite(start, x.count)
    }
    return index < x.count ? index : nil
}

private func withAddress(of span: Span<Float>?, _ body: (UnsafePointer<Float>?) -> Void) {
    if let span {
        unsafe span.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    } else {
        body(nil)
    }
}
