import VectorIndex

/// How a collection measures the distance of two vectors; smaller is nearer.
public enum Space: String, Sendable, Hashable, Codable, CaseIterable {
    /// Squared Euclidean distance.
    case l2
    /// 1 − cosine of the angle.
    case cosine
    /// 1 − inner product, which may be below 0.
    case ip

    var metric: Metric {
        switch self {
        case .l2: .l2
        case .cosine: .cosine
        case .ip: .dot
        }
    }

    init(_ metric: Metric) {
        self =
            switch metric {
            case .l2: .l2
            case .cosine: .cosine
            case .dot: .ip
            }
    }

    /// The distance of a hit with this ``ScoredRecord/score``.
    public func distance(score: Double) -> Float {
        switch self {
        case .l2: Float(max(0, -score))
        case .cosine, .ip: Float(1 - score)
        }
    }
}

extension CollectionDescription {
    public var space: Space { Space(metric) }
}
