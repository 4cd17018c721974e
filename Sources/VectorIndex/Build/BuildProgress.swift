import Synchronization

/// How far a bulk build has come, and whether it shall go on.
///
/// The caller's function is called on the thread that builds, however many help it.
final class BuildProgress: @unchecked Sendable {
    // SAFETY (Sendable): `report` and `base` are used by the building thread alone; the flag is atomic.
    private let report: ((Double) -> Bool)?
    private let cancelled = Atomic(false)
    private var base = 0.0

    init(_ report: ((Double) -> Bool)?) { self.report = report }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// A part of the work that ends at `end` of the whole is `fraction` done. Called on the building thread.
    func show(_ fraction: Double, upTo end: Double) {
        // Who has said no is not asked again.
        guard let report, !isCancelled, !report(base + (end - base) * min(1, fraction)) else { return }
        cancelled.store(true, ordering: .relaxed)
    }

    /// The part that ends at `end` is done.
    func finish(_ end: Double) throws(VectorIndexError) {
        show(1, upTo: end)
        base = end
        if isCancelled { throw .cancelled }
    }
}
