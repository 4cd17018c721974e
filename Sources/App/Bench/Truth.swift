import VectorIndex

/// The true neighbors of each query, nearest first.
struct Truth: Sendable, Equatable {
    private let neighbors: [[UInt64]]

    init(rows: [[UInt64]]) { neighbors = rows }

    init(_ answers: [[Neighbor]]) { self.init(rows: answers.map { $0.map(\.key) }) }

    /// - Parameter keys: rows of `width`, one a query.
    init(keys: [UInt64], width: Int) {
        precondition(width > 0 && keys.count % width == 0, "\(keys.count) keys in rows of \(width)")
        self.init(rows: stride(from: 0, to: keys.count, by: width).map { Array(keys[$0..<($0 + width)]) })
    }

    var queryCount: Int { neighbors.count }

    /// recall@k: the share of the true k nearest that were found, over all queries; 1 if there is nothing to find.
    ///
    /// Where fewer than `k` are true, these count. Of several items at the same distance only those that the truth
    /// names count, as in the usual benchmarks.
    func recall(ofKeys found: [[UInt64]], k: Int) -> Double {
        precondition(found.count == neighbors.count, "\(found.count) answers for \(neighbors.count) queries")
        var hits = 0
        var wanted = 0
        for (answer, truth) in zip(found, neighbors) {
            let nearest = Set(truth.prefix(k))
            wanted += nearest.count
            hits += Set(answer.prefix(k)).intersection(nearest).count
        }
        return wanted == 0 ? 1 : Double(hits) / Double(wanted)
    }

    func recall(of found: [[Neighbor]], k: Int) -> Double { recall(ofKeys: found.map { $0.map(\.key) }, k: k) }
}
