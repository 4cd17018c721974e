/// The diversity heuristic (algorithm 4 of the paper, with the slack of DiskANN's robust pruning), alone and pure.
struct NeighborSelection {
    /// A candidate is passed over only when `slack` times its distance to a neighbor already taken is less than its
    /// distance to the node. 1 is the paper's rule; more keeps more links. Distances below 0 (inner products) take 1.
    let slack: Float
    /// The distance of two slots by the index's metric.
    let distance: (UInt32, UInt32) -> Float

    static let usualSlack: Float = 1.15

    init(metric: Metric, distance: @escaping (UInt32, UInt32) -> Float) {
        slack = metric == .dot ? 1 : Self.usualSlack
        self.distance = distance
    }

    /// Chooses up to `limit` neighbors for a node from `candidates`, which are sorted nearest first: each is nearer to the
    /// node than to all that were chosen before it, and so leads somewhere that none of them leads to.
    func select(from candidates: some Sequence<Candidate>, limit: Int) -> [Candidate] {
        var taken: [Candidate] = []
        taken.reserveCapacity(limit)
        for candidate in candidates {
            if taken.count == limit { break }
            let own = candidate.distance
            if taken.allSatisfy({ slack * distance(candidate.slot, $0.slot) > own }) { taken.append(candidate) }
        }
        return taken
    }

    /// Which link a full node gives up, as an index into `links`, which are sorted nearest first; nil if none may go.
    ///
    /// The farthest one that is nearer to another neighbor than to the node goes: the way over that neighbor remains.
    /// If there is none, the farthest one goes.
    func weakest(of links: [Candidate], mayGo: (Candidate) -> Bool) -> Int? {
        var farthest: Int?
        for index in links.indices.reversed() where mayGo(links[index]) {
            farthest = farthest ?? index
            let own = links[index].distance
            let hasDetour = links[..<index].contains { slack * distance(links[index].slot, $0.slot) < own }
            if hasDetour { return index }
        }
        return farthest
    }
}
