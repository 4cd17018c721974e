import Kernels

/// Floats that never change: a view of a mapping, or memory of its own.
@safe final class FloatStorage: @unchecked Sendable {
    // SAFETY: constant after init; owned by this object, or part of `mapping`, which this object keeps alive.
    private let elements: UnsafeBufferPointer<Float>
    private let mapping: FileMapping?

    init(_ mapping: FileMapping, _ byteRange: Range<Int>) {
        unsafe elements = mapping.floats(byteRange)
        self.mapping = mapping
    }

    init(count: Int, _ fill: (inout MutableSpan<Float>) -> Void) {
        let owned = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        unsafe owned.initialize(repeating: 0)
        var span = unsafe MutableSpan(_unsafeElements: owned)
        fill(&span)
        unsafe elements = UnsafeBufferPointer(owned)
        mapping = nil
    }

    deinit {
        if mapping == nil { unsafe elements.deallocate() }
    }

    func withSpan<Result>(_ body: (Span<Float>) -> Result) -> Result {
        // SAFETY: the span lives inside the call, `self` outlives it.
        body(unsafe Span(_unsafeElements: elements))
    }
}

/// A tensor of the model, row-major float32.
struct WeightTensor: Sendable {
    let name: String
    let storage: FloatStorage

    func withSpan<Result>(_ body: (Span<Float>) -> Result) -> Result {
        storage.withSpan(body)
    }

    /// Tensors with equal row lengths, one below the other.
    static func stacked(_ parts: [WeightTensor], name: String) -> WeightTensor {
        let count = parts.reduce(0) { $0 + $1.withSpan { $0.count } }
        let storage = FloatStorage(count: count) { out in
            var start = 0
            for part in parts {
                part.withSpan { span in
                    let count = span.count
                    RowKernels.best.fillRows(&out, start: start, with: span, rows: 1, columns: count, stride: count)
                    start += span.count
                }
            }
        }
        return WeightTensor(name: name, storage: storage)
    }
}
