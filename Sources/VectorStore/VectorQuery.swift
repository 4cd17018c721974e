/// A question to a collection: what is nearest to each of some vectors.
public struct VectorQuery: Sendable {
    public var vectors: [[Float]]
    /// The most records for each vector.
    public var limit: Int
    public var filter: RecordFilter
    /// Where so many records or fewer can be found, all of them are compared, so that the answer is exact; beyond that the
    /// index chooses what costs least. Int.max: always, whatever it costs.
    public var exactUpTo: Int
    /// Overrides ``IndexSettings/efSearch``.
    public var efSearch: Int?
    /// Whether the hits carry their vectors.
    public var includesVectors: Bool

    /// At some 60 ns a vector of 384 dimensions about what a walk of the graph takes.
    public static let usualExactUpTo = 2_000

    public init(
        _ vectors: [[Float]], limit: Int, filter: RecordFilter = RecordFilter(), exactUpTo: Int = Self.usualExactUpTo,
        efSearch: Int? = nil, includesVectors: Bool = false
    ) {
        self.vectors = vectors
        self.limit = limit
        self.filter = filter
        self.exactUpTo = exactUpTo
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
