/// A question to a collection: what is nearest to each of some vectors.
public struct VectorQuery: Sendable {
    public var vectors: [[Float]]
    /// The most records for each vector.
    public var limit: Int
    public var filter: RecordFilter
    /// Compare every vector that can be found, whatever it costs.
    public var isExact: Bool
    /// Overrides ``IndexSettings/efSearch``.
    public var efSearch: Int?
    /// Whether the hits carry their vectors.
    public var includesVectors: Bool

    public init(
        _ vectors: [[Float]], limit: Int, filter: RecordFilter = RecordFilter(), isExact: Bool = false,
        efSearch: Int? = nil, includesVectors: Bool = false
    ) {
        self.vectors = vectors
        self.limit = limit
        self.filter = filter
        self.isExact = isExact
        self.efSearch = efSearch
        self.includesVectors = includesVectors
    }
}

/// The answer to a ``VectorQuery``, all of it from one moment of the collection.
public struct VectorAnswer: Sendable {
    public struct Hit: Sendable {
        public let record: Record
        /// See ``ScoredRecord/score``.
        public let score: Double
        /// As it was given; nil where the query did not ask for it.
        public let vector: [Float]?
    }

    /// One list for each vector, best first, ties by id: min(limit, matches) hits.
    public let hits: [[Hit]]
    /// How they were found; where vectors differ, the plan that proves less.
    public let plan: SearchPlan
    /// How many records met the filter; of a condition on texts, as far as the index over them can tell: too many rather than
    /// too few.
    public let matches: Int
}
