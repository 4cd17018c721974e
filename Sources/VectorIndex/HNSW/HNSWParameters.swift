/// The numbers of the graph (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
/// Hierarchical Navigable Small World graphs", 2016).
///
/// Memory of a vector of 384 dimensions at the defaults: 1,536 bytes for the row (768 as bfloat16), 64 for its code, 192 for
/// the links of level 0, about 5 for those above, 30 for bookkeeping.
public struct HNSWParameters: Sendable, Equatable {
    /// The most links of a node above level 0; a new node asks for three quarters of that. 2...128; 8 to 48 make sense:
    /// more for high dimensions and high recall. Memory and build time grow in proportion.
    public var m: Int
    /// The most links of a node on level 0. m...512; 2·m or 3·m, and multiples of 16, which fill cache lines.
    public var m0: Int
    /// Width of the candidate list when a node looks for its neighbors. 1...10,000; 100 to 400 make sense. Build time
    /// grows in proportion, the graph's quality with it to a limit.
    public var efConstruction: Int
    /// Width of the candidate list when searching, where the search names none. 1...100,000; 50 to 500 make sense.
    /// Search time grows in proportion, recall with it. At least k is used.
    public var efSearch: Int
    /// Decides which slots reach the upper levels. The same seed and order of changes make the same graph.
    public var seed: UInt64
    /// How the vectors are kept.
    public var rows: RowFormat
    /// How they are written down short for the walk, once there are enough of them.
    public var codes: CodeScheme

    public init(
        m: Int = 16, m0: Int = 48, efConstruction: Int = 200, efSearch: Int = 100, seed: UInt64 = 0x9E37_79B9_7F4A_7C15,
        rows: RowFormat = .float32, codes: CodeScheme = .automatic
    ) {
        self.m = m
        self.m0 = m0
        self.efConstruction = efConstruction
        self.efSearch = efSearch
        self.seed = seed
        self.rows = rows
        self.codes = codes
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
