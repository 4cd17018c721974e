import Kernels

/// Makes results of what a walk has left in its beam: exact distances of the nearest by estimate.
struct Reranking {
    let rows: VectorRows
    let codes: VectorCodes?

    /// Reading vectors ends where not even an estimate that is off by so many standard deviations could bring another one
    /// among the results.
    static let deviations: Float = 2.25
    /// Vectors asked for ahead.
    private static let ahead = 6

    /// The `k` nearest of the beam that are in the filter, nearest first. `query` is the padded vector.
    @unsafe
    func nearest(_ k: Int, query: UnsafePointer<Float>, filter: HNSWSearcher.Filter, beam: Beam) -> [UInt64] {
        beam.dropOutside(filter)
        guard let codes else { return beam.ranks(k) }
        let margin = Self.deviations * codes.estimateDeviation(beam.queryCode)
        return unsafe rerank(k, query: query, beam: beam, margin: margin)
    }

    /// All of the beam with their exact distances, nearest first.
    @unsafe
    func all(query: UnsafePointer<Float>, beam: Beam) -> [Candidate] {
        guard codes != nil else { return beam.ranks(beam.count).map { Candidate(rank: $0) } }
        return unsafe rerank(beam.count, query: query, beam: beam, margin: .infinity).map { Candidate(rank: $0) }
    }

    @unsafe
    private func rerank(_ k: Int, query: UnsafePointer<Float>, beam: Beam, margin: Float) -> [UInt64] {
        let count = beam.count
        // Where estimates are no numbers, as in a forged file, a walk ends with nothing.
        guard count > 0 else { return [] }
        for place in 0..<min(Self.ahead, count) { rows.prefetch(beam.slot(place)) }
        guard k <= Self.insertionLimit else {
            let ranks = (0..<count).map { place in
                if place + Self.ahead < count { rows.prefetch(beam.slot(place + Self.ahead)) }
                let slot = beam.slot(place)
                beam.countVector()
                return Candidate(distance: unsafe rows.distance(query: query, to: slot), slot: slot).rank
            }
            return Array(ranks.sorted().prefix(k))
        }
        var results = NearestList(limit: k)
        for place in 0..<count {
            if results.count == k {
                let worst = Candidate(rank: results.rank(k - 1)).distance
                if Candidate(rank: beam.rank(place)).distance - margin > worst { break }
            }
            if place + Self.ahead < count { rows.prefetch(beam.slot(place + Self.ahead)) }
            let slot = beam.slot(place)
            beam.countVector()
            results.offer(unsafe rows.distance(query: query, to: slot), slot)
        }
        return (0..<results.count).map { results.rank($0) }
    }

    /// Up to so many results are kept sorted by insertion.
    private static let insertionLimit = 64
}
