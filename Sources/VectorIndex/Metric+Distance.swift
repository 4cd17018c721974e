import Kernels

extension Metric {
    /// The distance of two vectors as they come, of any length; O(dimension). Smaller is nearer.
    ///
    /// For scans without an index; ``HNSWIndex`` compares prepared rows instead. Under cosine a zero vector is
    /// orthogonal to everything.
    public func distance(_ a: [Float], _ b: [Float]) -> Float {
        let kernels = Distances()
        switch self {
        case .l2: return kernels.squaredL2(a.span, b.span)
        case .dot: return -kernels.dot(a.span, b.span)
        case .cosine:
            let norms = kernels.norm(a.span) * kernels.norm(b.span)
            return norms > 0 ? 1 - kernels.dot(a.span, b.span) / norms : 1
        }
    }
}
