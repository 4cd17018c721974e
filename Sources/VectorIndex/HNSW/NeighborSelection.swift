/// The diversity heuristic (algorithm 4 of the paper), alone and pure.
enum NeighborSelection {
    /// Chooses up to `limit` neighbors for a node from `candidates`, which are sorted nearest first.
    ///
    /// A candidate is taken when it is nearer to the node than to every one taken before it: it then leads somewhere that
    /// no taken one leads to. The best of those passed over fill the rest of the places (the paper's keepPruned), without
    /// which near-identical vectors would get almost no links.
    ///
    /// - Parameter distance: the distance of two slots by the index's metric.
    /// - Returns: the diverse ones first, nearest first, and then those that fill up, nearest first.
    static func select(
        from candidates: [Candidate], limit: Int, distance: (UInt32, UInt32) -> Float
    ) -> [Candidate] {
        var taken: [Candidate] = []
        var passedOver: [Candidate] = []
        taken.reserveCapacity(limit)
        for candidate in candidates {
            if taken.count == limit { break }
            let own = candidate.distance
            if taken.allSatisfy({ distance(candidate.slot, $0.slot) > own }) {
                taken.append(candidate)
            } else if passedOver.count < limit {
                passedOver.append(candidate)
            }
        }
        return taken + passedOver.prefix(limit - taken.count)
    }

    /// Which link a full node gives up, as an index into `links`, which are sorted nearest first; nil if none may go.
    ///
    /// The farthest one that is nearer to another neighbor than to the node goes: the way over that neighbor remains.
    /// If there is none, the farthest one goes.
    static func weakest(
        of links: [Candidate], mayGo: (Candidate) -> Bool, distance: (UInt32, UInt32) -> Float
    ) -> Int? {
        var farthest: Int?
        for index in links.indices.reversed() where mayGo(links[index]) {
            farthest = farthest ?? index
            let own = links[index].distance
            let hasDetour = links[..<index].contains { distance(links[index].slot, $0.slot) < own }
            if hasDetour { return index }
        }
        return farthest
    }
}
