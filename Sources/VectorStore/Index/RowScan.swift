import Store
import VectorIndex

/// Exact search over the rows themselves, for what the index cannot answer at the moment.
struct RowScan {
    let collection: CollectionDescription
    let queries: [[Float]]
    let k: Int
    private var best: [[ScoredRecord]]
    private var matches = 0

    init(_ queries: [[Float]], k: Int, in collection: CollectionDescription) {
        self.collection = collection
        self.queries = queries
        self.k = k
        best = Array(repeating: [], count: queries.count)
    }

    /// Looks at every record that meets the filter's conditions on metadata, documents and texts. Complexity: every row is read.
    mutating func scan(_ filter: RecordFilter, in transaction: any ReadTransaction) throws {
        try transaction.forEach(
            """
            SELECT \(IndexedRow.columns) FROM records JOIN record_vectors ON record_id = id
            WHERE collection_id = $1 AND generation = $2
            """, [collection.id, collection.generation]
        ) { row in
            let candidate = try IndexedRow(row, dimension: collection.dimension)
            if filter.matches(candidate.contents) { offer(candidate.id, candidate.vector) }
        }
    }

    /// Looks at these records.
    mutating func scan(_ ids: [Int64], in transaction: any ReadTransaction) throws {
        for id in ids {
            if let vector = try RecordTable.vector(of: id, dimension: collection.dimension, in: transaction) {
                offer(id, vector)
            }
        }
    }

    var found: FoundVectors { FoundVectors(hits: best, plan: .rows, matches: matches) }

    private mutating func offer(_ id: Int64, _ vector: [Float]) {
        matches += 1
        for number in queries.indices {
            let distance = collection.metric.distance(queries[number], vector)
            insert(ScoredRecord(id: id, score: collection.metric.score(fromDistance: distance)), into: &best[number])
        }
    }

    /// Keeps the list sorted, at most `k` long: better scores first, ties by id.
    private func insert(_ candidate: ScoredRecord, into best: inout [ScoredRecord]) {
        func precedes(_ a: ScoredRecord, _ b: ScoredRecord) -> Bool {
            a.score != b.score ? a.score > b.score : a.id < b.id
        }
        if best.count == k, let last = best.last, !precedes(candidate, last) { return }
        let position = best.firstIndex { precedes(candidate, $0) } ?? best.endIndex
        best.insert(candidate, at: position)
        if best.count > k { best.removeLast() }
    }
}

/// The nearest records of some queries.
struct FoundVectors: Sendable {
    /// One list a query.
    var hits: [[ScoredRecord]]
    let plan: SearchPlan
    /// How many records could have been found.
    let matches: Int
}
