import VectorIndex

/// How the nearest vectors were found.
public enum SearchPlan: String, Sendable, Hashable {
    /// Every vector that could be found was compared.
    case exact
    /// Every one by its short code, the best by their vectors.
    case codes
    /// The HNSW graph was walked: the true nearest, with high probability.
    case graph
    /// The graph was walked for a filter.
    case filteredGraph = "filtered_graph"
    /// The rows were scanned because the index is still being read or rebuilt; exact too, only slower.
    case rows

    /// Whether nothing can be missing from the answer.
    public var isExhaustive: Bool { self == .exact || self == .rows }

    init(_ method: SearchMethod) {
        switch method {
        case .scan: self = .exact
        case .scanCodes: self = .codes
        case .walk: self = .graph
        case .filteredWalk: self = .filteredGraph
        }
    }
}

public struct VectorHits: Sendable, Hashable {
    /// Best first; ties by id.
    public let records: [ScoredRecord]
    public let plan: SearchPlan
}
