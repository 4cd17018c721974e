import Foundation
import Store

/// Full text with BM25 over the same records. Functions run inside the caller's transaction.
enum KeywordIndex {
    /// Hits looked at beyond `limit` when others than the wanted may be among them, as a factor per round.
    private static let widening = 4
    private static let maximumHits = 20_000

    /// The best `limit` records of the collection's current generation that meet the filter, best first.
    ///
    /// The full-text index spans all collections, generations and documents, so hits outside are passed over and
    /// the search widens until enough are found or no more exist.
    static func search(
        _ terms: [String], limit: Int, filter: RecordFilter, collection: CollectionDescription,
        in transaction: any ReadTransaction
    ) throws -> [ScoredRecord] {
        guard limit > 0 else { return [] }
        var width = limit
        while true {
            let hits = try transaction.searchText(
                anyOf: terms, index: VectorStoreSchema.textIndex, limit: width)
            var kept: [ScoredRecord] = []
            for hit in hits where kept.count < limit {
                guard try isWanted(hit.rowID, filter, in: collection, transaction) else { continue }
                kept.append(ScoredRecord(id: hit.rowID, score: hit.score))
            }
            if kept.count == limit || hits.count < width || width >= maximumHits { return kept }
            width = min(width * widening, maximumHits)
        }
    }

    /// Robertson and Spärck Jones's weight as FTS5 computes it, with its floor of 10⁻⁶.
    static func weights(of terms: [String], in transaction: any ReadTransaction) throws -> [Double] {
        let total = Double(try transaction.row("SELECT count(*) FROM records")?.int(0) ?? 0)
        return try terms.map { term in
            let holding = Double(try transaction.textFrequency(of: term, index: VectorStoreSchema.textIndex))
            return max(1e-6, log((total - holding + 0.5) / (holding + 0.5)))
        }
    }

    private static func isWanted(
        _ id: Int64, _ filter: RecordFilter, in collection: CollectionDescription, _ transaction: any ReadTransaction
    ) throws -> Bool {
        let isOurs = try transaction.row(
            "SELECT id FROM records WHERE id = $1 AND collection_id = $2 AND generation = $3",
            [id, collection.id, collection.generation])
        guard isOurs != nil else { return false }
        if filter.isEverything { return true }
        guard let record = try RecordTable.fetch([id], in: transaction).first else { return false }
        return filter.matches(record) && (filter.keys?.contains(record.key) ?? true)
    }
}
