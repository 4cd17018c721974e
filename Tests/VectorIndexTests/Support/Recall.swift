@testable import VectorIndex

/// The share of the true k nearest that `found` holds, over all queries.
///
/// A result counts when it is as near as the farthest true one: among equal distances any choice is right.
func recall(found: [[Neighbor]], truth: [[Neighbor]]) -> Double {
    var hits = 0, wanted = 0
    for (found, truth) in zip(found, truth) {
        guard let bound = truth.last?.distance else { continue }
        wanted += truth.count
        hits += found.count { $0.distance <= bound }
    }
    return wanted == 0 ? 1 : Double(hits) / Double(wanted)
}

/// An index of `vectors` under the keys 0, 1, 2 …
func makeIndex(
    _ vectors: [[Float]], metric: Metric = .cosine, parameters: HNSWParameters = .init()
) throws -> HNSWIndex {
    let index = try HNSWIndex(dimension: vectors[0].count, metric: metric, parameters: parameters)
    for (key, vector) in vectors.enumerated() { try index.add(vector, key: UInt64(key)) }
    return index
}

/// The same by a bulk build, which takes a fraction of the time.
func makeBulkIndex(
    _ vectors: [[Float]], metric: Metric = .cosine, parameters: HNSWParameters = .init(), threads: Int = 1
) throws -> HNSWIndex {
    let all = vectors.flatMap { $0 }
    return try HNSWIndex.build(
        all.span, keys: Array(0..<UInt64(vectors.count)), dimension: vectors[0].count,
        metric: metric, parameters: parameters, threads: threads)
}

extension HNSWIndex {
    func searchBatch(_ queries: [[Float]], k: Int, efSearch: Int? = nil, threads: Int = 1) throws -> [[Neighbor]] {
        let all = queries.flatMap { $0 }
        return try searchBatch(all.span, k: k, efSearch: efSearch, threads: threads)
    }

    func exactSearchBatch(_ queries: [[Float]], k: Int, threads: Int = 1) throws -> [[Neighbor]] {
        let all = queries.flatMap { $0 }
        return try exactSearchBatch(all.span, k: k, threads: threads)
    }

    /// Recall@k of the walk against the full scan.
    func graphRecall(_ queries: [[Float]], k: Int, efSearch: Int) throws -> Double {
        let found = try queries.map { try graphSearch($0, k: k, efSearch: efSearch) }
        let truth = try queries.map { try exactSearch($0, k: k) }
        return recall(found: found, truth: truth)
    }
}
