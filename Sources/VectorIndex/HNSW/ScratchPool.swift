/// Scratches that are not in use. A search takes one, or a new one where none is left, and gives it back.
@safe
final class ScratchPool: @unchecked Sendable {
    private let shape: SearchScratch.Shape
    private let lock = ExclusiveLock()
    /// Guarded by `lock`.
    private var idle: [SearchScratch] = []

    /// Scratches kept for later; those of a wider burst of searches are freed.
    static let maximumIdle = 64

    init(shape: SearchScratch.Shape) { self.shape = shape }

    /// Lends a scratch to `body`.
    @inline(__always)
    func withScratch<Result, E: Error>(_ body: (SearchScratch) throws(E) -> Result) throws(E) -> Result {
        let scratch = lock.locked { idle.popLast() } ?? SearchScratch(shape: shape)
        defer { lock.locked { if idle.count < Self.maximumIdle { idle.append(scratch) } } }
        return try body(scratch)
    }

    /// Lends `count` scratches at once.
    func withScratches(_ count: Int, _ body: ([SearchScratch]) -> Void) {
        let scratches = (0..<count).map { _ in lock.locked { idle.popLast() } ?? SearchScratch(shape: shape) }
        body(scratches)
        lock.locked { idle += scratches.prefix(max(0, Self.maximumIdle - idle.count)) }
    }
}
