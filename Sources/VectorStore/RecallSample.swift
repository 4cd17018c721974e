/// How many of the true nearest neighbors a collection's searches find, asked with some of its own vectors.
enum RecallSample {
    private static let queries = 100
    private static let neighbors = 10

    /// nil for a collection without records.
    static func measure(_ collection: VectorCollection) async throws -> Double? {
        let count = try await collection.countRecords()
        guard count > 0 else { return nil }
        var (found, wanted) = (0, 0)
        for offset in stride(from: 0, to: count, by: max(1, count / queries)) {
            try Task.checkCancellation()
            guard
                let vector = try await collection.page(
                    matching: RecordFilter(), limit: 1, offset: offset, includesVectors: true
                ).vectors.first
            else { break }
            let searched = try await collection.query(VectorQuery([vector], limit: neighbors))
            let exact = try await collection.query(VectorQuery([vector], limit: neighbors, exactUpTo: .max))
            // One that is as near as the last true one counts too.
            let last = exact.hits[0].last?.score ?? 0
            wanted += exact.hits[0].count
            found += searched.hits[0].count { $0.score >= last }
        }
        return wanted == 0 ? 1 : Double(found) / Double(wanted)
    }
}
