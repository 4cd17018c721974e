import CKernels

/// Attention of one head of one sequence with products of bfloat16: `context = softmax(Q · Kᵀ · scale) · V`.
///
/// The weights of a query sum up to 1 within 2⁻⁸, as bfloat16 allows.
@safe public struct AttentionKernel: Sendable {
    private let kernel: kernels_attention

    /// Nil where `level` or the CPU has no products of bfloat16.
    public init?(level: SIMDLevel = .current) {
        guard let kernel = unsafe kernels_attention_at(level.cLevel) else { return nil }
        unsafe self.kernel = unsafe kernel
    }

    /// Where queries, keys and values of a head of one sequence lie in one matrix.
    public struct Head {
        /// The float at which the first row of each starts.
        public var queries: Int
        public var keys: Int
        public var values: Int
        /// Floats from row to row.
        public var stride: Int
        /// Rows.
        public var length: Int
        /// Floats of a row.
        public var size: Int

        public init(queries: Int, keys: Int, values: Int, stride: Int, length: Int, size: Int) {
            self.queries = queries
            self.keys = keys
            self.values = values
            self.stride = stride
            self.length = length
            self.size = size
        }
    }

    /// Writes (length, size) to `context`, the first row at `start`, rows `contextStride` floats apart.
    public func apply(
        _ head: Head, of matrix: Span<Float>, scale: Float, scratch: inout [UInt8],
        into context: inout MutableSpan<Float>, start: Int, contextStride: Int
    ) {
        precondition(head.length > 0 && head.size > 0, "a head of \(head.length) × \(head.size)")
        for first in [head.queries, head.keys, head.values] {
            precondition(first >= 0 && first <= matrix.count, "a start at \(first) of \(matrix.count)")
            checkBounds(
                matrix.count - first, rows: head.length, columns: head.size, stride: head.stride, name: "matrix")
        }
        precondition(start >= 0 && start <= context.count, "a start at \(start) of \(context.count)")
        checkBounds(
            context.count - start, rows: head.length, columns: head.size, stride: contextStride, name: "context")
        let needed = kernels_attention_scratch_bytes(head.length, head.size)
        if scratch.count < needed { scratch = Array(repeating: 0, count: needed) }
        // SAFETY: the spans outlive the closures; all rows lie within them by the checks above.
        unsafe matrix.withUnsafeBufferPointer { matrix in
            unsafe context.withUnsafeMutableBufferPointer { context in
                unsafe scratch.withUnsafeMutableBytes { scratch in
                    guard let matrix = matrix.baseAddress, let context = context.baseAddress,
                        let scratch = scratch.baseAddress
                    else { return }
                    unsafe kernel(
                        matrix + head.queries, matrix + head.keys, matrix + head.values, head.stride, head.length,
                        head.size, scale, context + start, contextStride, scratch)
                }
            }
        }
    }
}
