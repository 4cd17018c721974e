import VectorIndex

/// Makes indexes of the same settings.
struct IndexBuilder {
    let dimension: Int
    let metric: Metric
    let parameters: HNSWParameters
    let threads: Int
    /// Single inserts on one thread instead of all vectors at once.
    let insertsOneByOne: Bool

    /// Threads that a build uses.
    var buildThreads: Int { insertsOneByOne ? 1 : threads }

    /// - Parameters:
    ///   - keys: of the rows of `vectors`, one each.
    ///   - label: shown beside the bar.
    func build(_ vectors: VectorMatrix, keys: [UInt64], label: String) throws(VectorIndexError) -> HNSWIndex {
        let bar = ProgressBar()
        defer { bar.clear() }
        var shown = -1.0
        func show(_ fraction: Double) {
            guard fraction - shown >= Self.smallestShownStep else { return }
            shown = fraction
            bar.show(label, fraction: fraction, detail: "\(Int(max(0, min(1, fraction)) * 100)) %")
        }
        guard insertsOneByOne else {
            return try HNSWIndex.build(
                vectors.values.span, keys: keys, dimension: dimension, metric: metric, parameters: parameters,
                threads: threads,
                progress: { fraction in
                    show(fraction)
                    return true
                })
        }
        let index = try HNSWIndex(dimension: dimension, metric: metric, parameters: parameters)
        let span = vectors.values.span
        for (row, key) in keys.enumerated() {
            try index.add(span.extracting(vectors.range(ofRow: row)), key: key)
            show(Double(row + 1) / Double(keys.count))
        }
        return index
    }

    private static let smallestShownStep = 0.005
}
