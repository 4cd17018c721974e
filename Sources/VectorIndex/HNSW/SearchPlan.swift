/// How a search is carried out, chosen by what it costs.
enum SearchPlan: Equatable {
    /// Every match by its vector: exact.
    case scan
    /// Every match by its code, the best of them by their vectors.
    case scanCodes(reranked: Int)
    /// The graph, over all nodes.
    case walk(width: Int)
    /// The graph for a filter; how, is decided where the walk begins, by ``FilteredWalk``.
    case filteredWalk(ef: Int)

    /// Vectors that a scan scores in the time that a walk takes for each place of its beam. Measured at 384 dimensions:
    /// a place takes 0.45 µs with codes and 1.7 µs without, a vector about 0.06 µs in sequence.
    private static let vectorsPerPlace = 8
    private static let vectorsPerPlaceWithoutCodes = 30
    /// Codes that a scan scores in the time that a filtered walk takes for each place.
    private static let codesPerPlace = 150
    /// A scan of so few is always cheap, and exact.
    private static let alwaysScanned = 500
    /// The nearest by code whose vectors are read; the estimate's error moves the true ones by some tens of places.
    static let leastReranked = 800

    static func choose(matches: Int, count: Int, ef: Int, isFiltered: Bool, hasCodes: Bool) -> SearchPlan {
        if matches <= max(alwaysScanned, (hasCodes ? vectorsPerPlace : vectorsPerPlaceWithoutCodes) * ef) {
            return .scan
        }
        guard isFiltered, matches < count else { return .walk(width: min(ef, count)) }
        if hasCodes, matches <= codesPerPlace * ef { return .scanCodes(reranked: max(leastReranked, ef)) }
        return .filteredWalk(ef: ef)
    }
}

/// How the graph is walked for a filter, by the share of allowed nodes around the place where the walk begins: the share of
/// all nodes says little where the filter has to do with the query.
struct FilteredWalk: Equatable {
    /// Places of the beam.
    let width: Int
    /// Whether the walk goes over allowed nodes only, others standing for their neighbors where few of a node's are allowed
    /// (the two-hop expansion of Patel and others, "ACORN", 2024). Else it goes over all, and those outside are no results.
    let staysInside: Bool
    /// Whether the walk begins at nodes of the filter from everywhere, too: around the query there may be none.
    var beginsEverywhere = false

    /// From this share on the walk goes over all nodes.
    private static let wideShare = 0.4
    /// Below this share of what could be expected the filter keeps away what is near to the query. The nearest of the others
    /// are then many at nearly equal distances.
    private static let farShare = 0.5

    init(localShare: Double, share: Double, ef: Int, count: Int) {
        let isFar = localShare < Self.farShare * share
        staysInside = isFar || localShare < Self.wideShare
        // Outside of a filter only a share of the nodes that the walk goes on from are results.
        let places = isFar ? 6 : staysInside ? 2 : max(2, 1 / localShare)
        width = min(count, Int(places * Double(ef)))
        beginsEverywhere = isFar
    }

    init(width: Int, staysInside: Bool) {
        self.width = width
        self.staysInside = staysInside
    }

    /// So many codes are scanned in the time that the walk takes for each place of the beam where what is near is kept away.
    static let codesPerFarPlace = 400
}
