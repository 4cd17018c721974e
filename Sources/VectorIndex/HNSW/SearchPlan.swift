/// How a search is carried out, chosen by what it costs.
enum SearchPlan: Equatable {
    /// Every match by its vector: exact.
    case scan
    /// Every match by its code, the best of them by their vectors.
    case scanCodes(reranked: Int)
    /// The graph. `hops` is 2 where neighbors outside the filter are skipped over, 1 where the walk goes through them.
    case walk(width: Int, hops: Int)

    /// Vectors that a scan scores in the time that a walk takes for each place of its beam. Measured at 384 dimensions:
    /// a place takes 0.45 µs with codes and 1.7 µs without, a vector about 0.06 µs in sequence.
    private static let vectorsPerPlace = 8
    private static let vectorsPerPlaceWithoutCodes = 30
    /// Codes likewise, against a place of the walk that goes through all nodes, and of the one over two hops, which at 10 %
    /// of 200,000 took 6.9 µs a place.
    private static let codesPerPlace = 100
    private static let codesPerTwoHopPlace = 500
    /// A scan of so few is always cheap, and exact.
    private static let alwaysScanned = 500
    /// The share of allowed vectors from which the walk goes through all nodes.
    private static let oneHopShare = 0.4
    /// The nearest by code whose vectors are read; the estimate's error moves the true ones by some tens of places.
    private static let leastReranked = 128

    static func choose(matches: Int, count: Int, ef: Int, isFiltered: Bool, hasCodes: Bool) -> SearchPlan {
        if matches <= alwaysScanned { return .scan }
        let perPlace = hasCodes ? vectorsPerPlace : vectorsPerPlaceWithoutCodes
        guard isFiltered, matches < count else {
            return matches <= perPlace * ef ? .scan : .walk(width: min(ef, count), hops: 1)
        }
        if matches <= perPlace * ef { return .scan }
        let share = Double(matches) / Double(count)
        let codesPerPlace = share < oneHopShare ? codesPerTwoHopPlace : codesPerPlace
        if hasCodes, matches <= codesPerPlace * ef { return .scanCodes(reranked: max(leastReranked, ef)) }
        if share < oneHopShare { return .walk(width: ef, hops: 2) }
        // Only a share of the nodes that the walk goes on from are results.
        return .walk(width: min(count, Int(Double(ef) / share)), hops: 1)
    }
}
