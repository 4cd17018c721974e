import Store

/// The SQL of the `records` and `removed_records` tables. Every function runs inside the caller's transaction.
enum RecordTable {
    static let name = "records"

    /// Reserves `count` numbers; returns the first.
    static func reserveSequence(_ count: Int, in transaction: any WriteTransaction) throws -> Int64 {
        try transaction.execute("UPDATE sequences SET value = value + $1 WHERE name = 'records'", [count])
        return try lastSequence(in: transaction) - Int64(count) + 1
    }

    /// Number of the newest change, 0 before the first.
    static func lastSequence(in transaction: any ReadTransaction) throws -> Int64 {
        try transaction.row("SELECT value FROM sequences WHERE name = 'records'")?.int(0) ?? 0
    }

    static func insert(
        _ records: [NewRecord], documentID: String?, collection: Int64, generation: Int,
        in transaction: any WriteTransaction
    ) throws {
        guard !records.isEmpty else { return }
        var id = try reserveSequence(records.count, in: transaction)
        for (position, record) in records.enumerated() {
            try transaction.execute(
                """
                INSERT INTO records
                    (id, collection_id, generation, record_key, document_id, position, text, context, metadata, vector)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """,
                [
                    id, collection, generation, record.key, documentID, position, record.text,
                    record.context, try JSONColumn.encode(record.metadata), VectorColumn.encode(record.vector),
                ])
            try transaction.addText([record.text, record.context], rowID: id, index: VectorStoreSchema.textIndex)
            id += 1
        }
    }

    /// Takes out a document's records of one generation, or of all.
    static func remove(
        documentID: String, generation: Int?, collection: Int64, in transaction: any WriteTransaction
    ) throws {
        let doomed = try transaction.rows(
            "SELECT id, text, context FROM records WHERE document_id = $1 AND ($2 IS NULL OR generation = $2)",
            [documentID, generation])
        try remove(doomed, collection: collection, in: transaction)
    }

    /// Whether records of another generation than the current one are there.
    static func holdsOtherGenerations(
        of collection: CollectionDescription, in transaction: any ReadTransaction
    ) throws -> Bool {
        try transaction.row(
            "SELECT id FROM records WHERE collection_id = $1 AND generation <> $2 LIMIT 1",
            [collection.id, collection.generation]) != nil
    }

    /// Takes out up to `limit` records of other generations than `generation`. Returns how many there were.
    static func removeGenerations(
        except generation: Int, collection: Int64, limit: Int, in transaction: any WriteTransaction
    ) throws -> Int {
        let doomed = try transaction.rows(
            """
            SELECT id, text, context FROM records WHERE collection_id = $1 AND generation <> $2 ORDER BY id LIMIT $3
            """, [collection, generation, limit])
        try remove(doomed, collection: collection, in: transaction)
        return doomed.count
    }

    private static func remove(_ rows: [SQLRow], collection: Int64, in transaction: any WriteTransaction) throws {
        guard !rows.isEmpty else { return }
        var sequence = try reserveSequence(rows.count, in: transaction)
        for row in rows {
            let id = try row.int(0)
            try transaction.removeText(
                [try row.text(1), try row.text(2)], rowID: id, index: VectorStoreSchema.textIndex)
            try transaction.execute("DELETE FROM records WHERE id = $1", [id])
            try transaction.execute(
                "INSERT INTO removed_records (sequence, collection_id, record_id) VALUES ($1, $2, $3)",
                [sequence, collection, id])
            sequence += 1
        }
    }

    /// The records with these ids that still exist, in the order asked for.
    static func fetch(_ ids: [Int64], in transaction: any ReadTransaction) throws -> [Record] {
        try ids.compactMap { id in
            try transaction.row(
                "SELECT id, record_key, document_id, position, text, context, metadata FROM records WHERE id = $1", [id]
            ).map(record)
        }
    }

    /// A document's records in order.
    static func fetch(
        documentID: String, generation: Int, limit: Int, offset: Int, in transaction: any ReadTransaction
    ) throws -> [Record] {
        try transaction.rows(
            """
            SELECT id, record_key, document_id, position, text, context, metadata FROM records
            WHERE document_id = $1 AND generation = $2 ORDER BY position LIMIT $3 OFFSET $4
            """, [documentID, generation, limit, offset]
        ).map(record)
    }

    private static func record(_ row: SQLRow) throws -> Record {
        let id = try row.int(0)
        return Record(
            id: id, key: try row.text(1), documentID: try row.optionalText(2), position: Int(try row.int(3)),
            text: try row.text(4), context: try row.text(5),
            metadata: try JSONColumn.decode(
                [String: MetadataValue].self, try row.text(6), table: name, id: String(id)))
    }
}

/// Vectors as they lie in the database: little-endian float32, one after the other.
enum VectorColumn {
    static func encode(_ vector: [Float]) -> [UInt8] {
        vector.withUnsafeBytes { Array($0) }
    }

    /// The vector, or nil when the blob does not hold exactly `dimension` numbers.
    static func decode(_ bytes: [UInt8], dimension: Int) -> [Float]? {
        guard bytes.count == dimension * MemoryLayout<Float>.size else { return nil }
        // SAFETY: both buffers hold `bytes.count` bytes, as checked above, and live through the closure.
        return [Float](unsafeUninitializedCapacity: dimension) { buffer, count in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            count = dimension
        }
    }
}
