/// Rows of float32. Those that a team shares are written by its members, each its own, and read by all, once they have met.
@safe final class ActivationMatrix: @unchecked Sendable {
    // SAFETY (Sendable): `reserve` runs before the members start; after that a member writes rows of its own share alone,
    // and reads rows of others only after they have met.
    private var elements: UnsafeMutableBufferPointer<Float>
    private var columns = 0

    init() {
        unsafe elements = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    deinit {
        unsafe elements.deallocate()
    }

    /// Room for rows of `columns` floats; what was there is lost. Grown when needed, never shrunk.
    func reserve(rows: Int, columns: Int) {
        self.columns = columns
        guard unsafe elements.count < rows * columns else { return }
        unsafe elements.deallocate()
        unsafe elements = UnsafeMutableBufferPointer.allocate(capacity: rows * columns)
        unsafe elements.initialize(repeating: 0)
    }

    func withRows<Result>(_ rows: Range<Int>, _ body: (Span<Float>) -> Result) -> Result {
        // SAFETY: the span lives inside the call; `part` has checked the bounds.
        body(unsafe Span(_unsafeElements: UnsafeBufferPointer(part(rows))))
    }

    func withMutableRows<Result>(_ rows: Range<Int>, _ body: (inout MutableSpan<Float>) -> Result) -> Result {
        // SAFETY: the span lives inside the call, `part` has checked the bounds, and the rows are the caller's own.
        var span = unsafe MutableSpan(_unsafeElements: part(rows))
        return body(&span)
    }

    private func part(_ rows: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
        unsafe precondition(
            rows.lowerBound >= 0 && rows.upperBound * columns <= elements.count,
            "rows \(rows) of \(elements.count) floats")
        return unsafe UnsafeMutableBufferPointer(
            rebasing: elements[(rows.lowerBound * columns)..<(rows.upperBound * columns)])
    }
}
