/// How an answer was found.
public enum SearchMethod: Sendable, Hashable {
    /// Every vector that could be found was compared: the answer is exact.
    case scan
    /// Every one by its short code, the best of them by their vectors.
    case scanCodes
    /// The graph was walked, over all nodes.
    case walk
    /// The graph was walked for a filter.
    case filteredWalk

    public var isExact: Bool { self == .scan }

    init(_ plan: SearchPlan) {
        switch plan {
        case .scan: self = .scan
        case .scanCodes: self = .scanCodes
        case .walk: self = .walk
        case .filteredWalk: self = .filteredWalk
        }
    }
}
