import CKernels

/// Attention of one head of one sequence: `context = softmax(Q · Kᵀ · scale) · V`.
@safe public struct AttentionKernel: Sendable {
    public enum Precision: Sendable {
        case float32
        /// Products of bfloat16: the weights of a query sum up to 1 within 2⁻⁸.
        case bfloat16
    }

    private let kernel: kernels_attention

    /// Nil where `level` or the CPU has no kernel of its own for it.
    public init?(_ precision: Precision, level: SIMDLevel = .current) {
        kernel = kernels_attention_at(level.cLevel, precision == .bfloat16)
        guard unsafe kernel.apply != nil else { return nil }
    }

    /// Where queries, keys and values of a head of one sequence lie in one matrix.
    public struct Head {
        /// The float at which the first row of each starts.
        public var queries: Int
        public var keys: Int
        public var values: Int
        /// Floats from row to row.
        public var stride: Int
        /// Rows of keys and values, and those of the queries to answer.
        public var length: Int
        public var queryCount: Int
        /// Floats of a row.
        public var size: Int

        public init(queries: Int, queryCount: Int, keys: Int, values: Int, stride: Int, length: Int, size: Int) {
            self.queries = queries
            self.queryCount = queryCount
            self.keys = keys
            self.values = values
            self.stride = stride
            self.length = length
            self.size = size
        }
    }

    /// Writes (queryCount, size) to `context`, the first row at `start`, rows `contextStride` floats apart.
    public func apply(
        _ head: Head, of matrix: Span<Float>, scale: Float, scratch: inout [UInt8],
        into context: inout MutableSpan<Float>, start: Int, contextStride: Int
    ) {
        precondition(
            head.length > 0 && head.queryCount > 0 && head.size > 0,
            "a head of \(head.queryCount), \(head.length) × \(head.size)")
        func check(_ first: Int, _ rows: Int) {
            precondition(first >= 0 && first <= matrix.count, "a start at \(first) of \(matrix.count)")
            checkBounds(matrix.count - first, rows: rows, columns: head.size, stride: head.stride, name: "matrix")
        }
        check(head.queries, head.queryCount)
        check(head.keys, head.length)
        check(head.values, head.length)
        precondition(start >= 0 && start <= context.count, "a start at \(start) of \(context.count)")
        checkBounds(
            context.count - start, rows: head.queryCount, columns: head.size, stride: contextStride, name: "context")
        guard let run = unsafe kernel.apply, let scratchBytes = kernel.scratch_bytes else { return }
        let needed = scratchBytes(head.length, head.size)
        if scratch.count < needed { scratch = Array(repeating: 0, count: needed) }
        // SAFETY: the spans outlive the closures; all rows lie within them by the checks above.
        unsafe matrix.withUnsafeBufferPointer { matrix in
            unsafe context.withUnsafeMutableBufferPointer { context in
                unsafe scratch.withUnsafeMutableBytes { scratch in
                    guard let matrix = matrix.baseAddress, let context = context.baseAddress,
                        let scratch = scratch.baseAddress
                    else { return }
                    unsafe run(
                        matrix + head.queries, head.queryCount, matrix + head.keys, matrix + head.values, head.stride,
                        head.length, head.size, scale, context + start, contextStride, scratch)
                }
            }
        }
    }
}
