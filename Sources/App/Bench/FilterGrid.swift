import VectorStore

/// Records with metadata made so that filters of every kind let known shares of them through.
struct FilterGrid {
    /// Shares of the records that filters let through.
    static let shares = [0.0001, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.9]

    enum Kind: String, CaseIterable {
        case equality, range, and, or, not, contains, text
        /// The filter lets the records through that are nearest to one of the queries, or those that are farthest; asked are
        /// the queries near that one.
        case correlated
        case anticorrelated
    }

    /// The records' place in the order of their similarity to the anchor, 0 to 1.
    private let places: [Double]
    /// Numbers of queries, those nearest to the anchor first.
    let queriesByAnchor: [Int]

    init(base: VectorMatrix, queries: VectorMatrix) {
        let anchor = Array(queries.row(0))
        func similarity(_ row: ArraySlice<Float>) -> Float { zip(row, anchor).reduce(0) { $0 + $1.0 * $1.1 } }
        func order(_ similarities: [Float]) -> [Int] {
            similarities.indices.sorted { similarities[$0] > similarities[$1] }
        }
        var places = [Double](repeating: 0, count: base.count)
        for (place, row) in order((0..<base.count).map { similarity(base.row($0)) }).enumerated() {
            places[row] = Double(place) / Double(base.count)
        }
        self.places = places
        queriesByAnchor = order((0..<queries.count).map { similarity(queries.row($0)) })
    }

    // MARK: Records

    func record(_ number: Int, vector: [Float], random: inout SplitMix64) -> NewRecord {
        func draw() -> Double { Double.random(in: 0..<1, using: &random) }
        let chosen = Self.shares.map { draw() < $0 }
        var metadata: [String: MetadataValue] = [
            "u": .real(draw()), "v": .real(draw()), "place": .real(places[number]), "number": .integer(Int64(number)),
        ]
        for (index, isIn) in chosen.enumerated() { metadata["e\(index)"] = .string(isIn ? "in" : "out") }
        metadata["tags"] = .list(
            [.string("all")]
                + Self.shares.indices.compactMap { index in
                    draw() < Self.shares[index] ? .string("t\(index)") : nil
                })
        let words = Self.shares.indices.compactMap { draw() < Self.shares[$0] ? "phrase \($0) here" : nil }
        return NewRecord(
            key: String(number), text: "Record number \(number). " + words.joined(separator: ", ") + ".",
            metadata: metadata, vector: vector)
    }

    // MARK: Filters

    static func filter(_ kind: Kind, shareNumber: Int) -> RecordFilter {
        let share = shares[shareNumber]
        func below(_ field: String, _ limit: Double) -> Filter { .field(field, .less(.real(limit))) }
        switch kind {
        case .equality: return RecordFilter(metadata: .field("e\(shareNumber)", .equal(.string("in"))))
        case .range: return RecordFilter(metadata: below("u", share))
        case .and:
            return RecordFilter(metadata: .and([below("u", share.squareRoot()), below("v", share.squareRoot())]))
        case .or:
            let each = 1 - (1 - share).squareRoot()
            return RecordFilter(metadata: .or([below("u", each), below("v", each)]))
        case .not: return RecordFilter(metadata: .not(.field("u", .greaterOrEqual(.real(share)))))
        case .contains: return RecordFilter(metadata: .field("tags", .contains(.string("t\(shareNumber)"))))
        case .text: return RecordFilter(text: .contains("phrase \(shareNumber) here"))
        case .correlated: return RecordFilter(metadata: below("place", share))
        case .anticorrelated: return RecordFilter(metadata: .field("place", .greaterOrEqual(.real(1 - share))))
        }
    }
}
