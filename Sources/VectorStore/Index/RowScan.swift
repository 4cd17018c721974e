import Store
import VectorIndex

/// Exact search over the rows themselves, for the time in which the index is not ready. Complexity: every row is read.
enum RowScan {
    static func search(
        _ query: [Float], k: Int, scope: RecordScope, collection: CollectionDescription, database: any Database
    ) async throws -> VectorHits {
        try await database.read { transaction in
            var best: [ScoredRecord] = []
            try transaction.forEach(
                """
                SELECT id, vector, document_id FROM records JOIN record_vectors ON record_id = id
                WHERE collection_id = $1 AND generation = $2
                """, [collection.id, collection.generation]
            ) { row in
                let candidate = try IndexedRow(row, dimension: collection.dimension)
                guard scope.contains(record: candidate.id, document: candidate.documentID) else { return }
                let score = collection.metric.score(
                    fromDistance: collection.metric.distance(query, candidate.vector))
                insert(ScoredRecord(id: candidate.id, score: score), into: &best, k: k)
            }
            return VectorHits(records: best, plan: .rows)
        }
    }

    /// Keeps `best` sorted, at most `k` long: better scores first, ties by id.
    private static func insert(_ candidate: ScoredRecord, into best: inout [ScoredRecord], k: Int) {
        func precedes(_ a: ScoredRecord, _ b: ScoredRecord) -> Bool {
            a.score != b.score ? a.score > b.score : a.id < b.id
        }
        if best.count == k, let last = best.last, !precedes(candidate, last) { return }
        let position = best.firstIndex { precedes(candidate, $0) } ?? best.endIndex
        best.insert(candidate, at: position)
        if best.count > k { best.removeLast() }
    }
}
