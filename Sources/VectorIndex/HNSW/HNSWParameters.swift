/// The numbers of the graph (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
/// Hierarchical Navigable Small World graphs", 2016).
///
/// Memory of the links: (m0 + 1)·4 bytes a vector on level 0, about (m + 1)·4/(m − 1) more above, 5 for bookkeeping.
public struct HNSWParameters: Sendable, Equatable {
    /// Links that a new node asks for on every level, and the most it keeps above level 0. 2...128; 8 to 48 make sense:
    /// more for high dimensions and high recall. Memory and build time grow in proportion.
    public var m: Int
    /// The most links of a node on level 0. m...512; 2·m is the rule.
    public var m0: Int
    /// Width of the candidate list when a node looks for its neighbors. 1...10,000; 100 to 400 make sense. Build time
    /// grows in proportion, the graph's quality with it to a limit.
    public var efConstruction: Int
    /// Width of the candidate list when searching, where the search names none. 1...100,000; 50 to 500 make sense.
    /// Search time grows in proportion, recall with it. At least k is used.
    public var efSearch: Int
    /// Decides which slots reach the upper levels. The same seed and order of changes make the same graph.
    public var seed: UInt64

    public init(
        m: Int = 16, m0: Int = 32, efConstruction: Int = 200, efSearch: Int = 100, seed: UInt64 = 0x9E37_79B9_7F4A_7C15
    ) {
        self.m = m
        self.m0 = m0
        self.efConstruction = efConstruction
        self.efSearch = efSearch
        self.seed = seed
    }

    static let maximumM = 128
    static let maximumM0 = 512
    static let maximumEfConstruction = 10_000
    static let maximumEfSearch = 100_000

    func validate() throws(VectorIndexError) {
        try Self.check(m, in: 2...Self.maximumM, name: "m")
        try Self.check(m0, in: m...Self.maximumM0, name: "m0")
        try Self.check(efConstruction, in: 1...Self.maximumEfConstruction, name: "efConstruction")
        try Self.check(efSearch, in: 1...Self.maximumEfSearch, name: "efSearch")
    }

    static func check(_ value: Int, in range: ClosedRange<Int>, name: String) throws(VectorIndexError) {
        guard range.contains(value) else {
            throw .invalidParameter(
                name: name, value: value, allowed: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
