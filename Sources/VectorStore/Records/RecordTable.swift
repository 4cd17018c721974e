import Store

/// The SQL of the `records`, `record_vectors` and `record_changes` tables. Every function runs inside the caller's
/// transaction.
///
/// A row of `record_changes` says that a record that was there has changed; a new record needs none, as its id is the number
/// of its insertion. Both numbers come from one sequence, so that whoever follows the rows knows by one number how far it is.
enum RecordTable {
    static let name = "records"

    /// What changed of a record, as `record_changes.kind` has it.
    enum ChangeKind: Int64 {
        case removed = 0
        /// Its text or its metadata.
        case fields = 1
        /// Its vector, and perhaps its fields.
        case vector = 2
    }

    // MARK: Sequence

    /// Reserves `count` numbers for changes of one collection; returns the first.
    static func reserveSequence(
        _ count: Int, collection: Int64, in transaction: any WriteTransaction
    ) throws -> Int64 {
        try transaction.execute("UPDATE sequences SET value = value + $1 WHERE name = 'records'", [count])
        let last = try lastSequence(in: transaction)
        try transaction.execute("UPDATE collections SET last_sequence = $2 WHERE id = $1", [collection, last])
        return last - Int64(count) + 1
    }

    /// Number of the newest change, 0 before the first.
    static func lastSequence(in transaction: any ReadTransaction) throws -> Int64 {
        try transaction.row("SELECT value FROM sequences WHERE name = 'records'")?.int(0) ?? 0
    }

    private static func log(
        _ kind: ChangeKind, of id: Int64, sequence: Int64, collection: Int64, in transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            "INSERT INTO record_changes (sequence, collection_id, record_id, kind) VALUES ($1, $2, $3, $4)",
            [sequence, collection, id, kind.rawValue])
    }

    /// Changes after `first` and up to `last`, in order.
    static func changes(
        after first: Int64, through last: Int64, collection: Int64, in transaction: any ReadTransaction
    ) throws -> [(record: Int64, kind: ChangeKind)] {
        try transaction.rows(
            """
            SELECT record_id, kind, sequence FROM record_changes
            WHERE collection_id = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence
            """, [collection, first, last]
        ).map { row in
            guard let kind = ChangeKind(rawValue: try row.int(1)) else {
                throw VectorStoreError.damagedRow(
                    table: "record_changes", id: String(try row.int(2)), detail: "there is no kind \(try row.int(1))")
            }
            return (try row.int(0), kind)
        }
    }

    /// Drops what every follower has seen.
    static func forgetChanges(through last: Int64, collection: Int64, in transaction: any WriteTransaction) throws {
        try transaction.execute(
            "DELETE FROM record_changes WHERE collection_id = $1 AND sequence <= $2", [collection, last])
    }

    // MARK: Changing

    static func insert(
        _ records: [NewRecord], documentID: String?, collection: Int64, generation: Int,
        in transaction: any WriteTransaction
    ) throws {
        guard !records.isEmpty else { return }
        var id = try reserveSequence(records.count, collection: collection, in: transaction)
        for (position, record) in records.enumerated() {
            try transaction.execute(
                """
                INSERT INTO records
                    (id, collection_id, generation, record_key, document_id, position, text, context, fields, uri)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """,
                [
                    id, collection, generation, record.key, documentID, position, record.text, record.context,
                    MetadataColumn.encode(record.metadata), record.uri,
                ])
            try transaction.execute(
                "INSERT INTO record_vectors (record_id, vector) VALUES ($1, $2)",
                [id, VectorColumn.encode(record.vector)])
            try transaction.addText(
                [record.text ?? "", record.context], rowID: id, index: VectorStoreSchema.textIndex)
            id += 1
        }
    }

    /// Changes records that are there; `records` and `changes` go pairwise.
    static func update(
        _ records: [Record], with changes: [RecordChange], collection: Int64, in transaction: any WriteTransaction
    ) throws {
        precondition(records.count == changes.count, "a record for each change")
        guard !records.isEmpty else { return }
        var sequence = try reserveSequence(records.count, collection: collection, in: transaction)
        for (record, change) in zip(records, changes) {
            let text = change.text ?? record.text
            if text != record.text {
                try transaction.removeText(
                    [record.text ?? "", record.context], rowID: record.id, index: VectorStoreSchema.textIndex)
                try transaction.addText(
                    [text ?? "", record.context], rowID: record.id, index: VectorStoreSchema.textIndex)
            }
            let metadata = merged(record.metadata, with: change.metadata)
            try transaction.execute(
                "UPDATE records SET text = $2, fields = $3, uri = $4 WHERE id = $1",
                [record.id, text, MetadataColumn.encode(metadata), change.uri ?? record.uri])
            if let vector = change.vector {
                try transaction.execute(
                    "UPDATE record_vectors SET vector = $2 WHERE record_id = $1",
                    [record.id, VectorColumn.encode(vector)])
            }
            try log(
                change.vector == nil ? .fields : .vector, of: record.id, sequence: sequence, collection: collection,
                in: transaction)
            sequence += 1
        }
    }

    private static func merged(
        _ metadata: [String: MetadataValue], with changes: [String: MetadataValue?]
    ) -> [String: MetadataValue] {
        var metadata = metadata
        for (name, value) in changes { metadata[name] = value }
        return metadata
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

    /// Takes out the records with these ids.
    static func remove(_ ids: [Int64], collection: Int64, in transaction: any WriteTransaction) throws {
        let doomed = try ids.compactMap { id in
            try transaction.row("SELECT id, text, context FROM records WHERE id = $1", [id])
        }
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
        var sequence = try reserveSequence(rows.count, collection: collection, in: transaction)
        for row in rows {
            let id = try row.int(0)
            try transaction.removeText(
                [try row.optionalText(1) ?? "", try row.text(2)], rowID: id, index: VectorStoreSchema.textIndex)
            try transaction.execute("DELETE FROM record_vectors WHERE record_id = $1", [id])
            try transaction.execute("DELETE FROM records WHERE id = $1", [id])
            try log(.removed, of: id, sequence: sequence, collection: collection, in: transaction)
            sequence += 1
        }
    }

    // MARK: Reading

    private static let columns = "id, record_key, document_id, position, text, context, fields, uri"

    static func count(of collection: CollectionDescription, in transaction: any ReadTransaction) throws -> Int {
        let row = try transaction.row(
            "SELECT count(*) FROM records WHERE collection_id = $1 AND generation = $2",
            [collection.id, collection.generation])
        return Int(try row?.int(0) ?? 0)
    }

    /// The records with these ids that still exist, in the order asked for.
    static func fetch(_ ids: [Int64], in transaction: any ReadTransaction) throws -> [Record] {
        try ids.compactMap { id in
            try transaction.row("SELECT \(columns) FROM records WHERE id = $1", [id]).map(record)
        }
    }

    /// A document's records in order.
    static func fetch(
        documentID: String, generation: Int, limit: Int, offset: Int, in transaction: any ReadTransaction
    ) throws -> [Record] {
        try transaction.rows(
            """
            SELECT \(columns) FROM records
            WHERE document_id = $1 AND generation = $2 ORDER BY position LIMIT $3 OFFSET $4
            """, [documentID, generation, limit, offset]
        ).map(record)
    }

    /// The id of the collection's record with this key.
    static func id(
        ofKey key: String, in collection: CollectionDescription, _ transaction: any ReadTransaction
    ) throws -> Int64? {
        try transaction.row(
            "SELECT id FROM records WHERE collection_id = $1 AND generation = $2 AND record_key = $3",
            [collection.id, collection.generation, key]
        )?.int(0)
    }

    /// The text of a record; nil where it has none or is gone.
    static func text(of id: Int64, in transaction: any ReadTransaction) throws -> String? {
        try transaction.row("SELECT text FROM records WHERE id = $1", [id])?.optionalText(0)
    }

    /// The collection's record with this key.
    static func find(
        key: String, in collection: CollectionDescription, _ transaction: any ReadTransaction
    ) throws -> Record? {
        try transaction.row(
            "SELECT \(columns) FROM records WHERE collection_id = $1 AND generation = $2 AND record_key = $3",
            [collection.id, collection.generation, key]
        ).map(record)
    }

    /// The ids of the collection's records in the order of their insertion.
    static func ids(
        of collection: CollectionDescription, limit: Int, offset: Int, in transaction: any ReadTransaction
    ) throws -> [Int64] {
        try transaction.rows(
            "SELECT id FROM records WHERE collection_id = $1 AND generation = $2 ORDER BY id LIMIT $3 OFFSET $4",
            [collection.id, collection.generation, limit, offset]
        ).map { try $0.int(0) }
    }

    /// The collection's records in the order of their insertion.
    static func page(
        of collection: CollectionDescription, limit: Int, offset: Int, in transaction: any ReadTransaction
    ) throws -> [Record] {
        try transaction.rows(
            """
            SELECT \(columns) FROM records WHERE collection_id = $1 AND generation = $2
            ORDER BY id LIMIT $3 OFFSET $4
            """, [collection.id, collection.generation, limit, offset]
        ).map(record)
    }

    /// Calls `body` with the collection's records in the order of their insertion until it returns false.
    static func forEach(
        of collection: CollectionDescription, in transaction: any ReadTransaction, _ body: (Record) throws -> Bool
    ) throws {
        var last: Int64 = 0
        while true {
            let slice = try transaction.rows(
                """
                SELECT \(columns) FROM records WHERE collection_id = $1 AND generation = $2 AND id > $3
                ORDER BY id LIMIT $4
                """, [collection.id, collection.generation, last, sliceRows]
            ).map(record)
            for record in slice where try !body(record) { return }
            guard let newest = slice.last else { return }
            last = newest.id
        }
    }

    /// Rows held at once while all are read.
    private static let sliceRows = 1_000

    /// The record's vector; nil when the record is gone.
    static func vector(of id: Int64, dimension: Int, in transaction: any ReadTransaction) throws -> [Float]? {
        try transaction.row("SELECT vector FROM record_vectors WHERE record_id = $1", [id]).map { row in
            guard let vector = VectorColumn.decode(try row.blob(0), dimension: dimension) else {
                throw VectorStoreError.damagedRow(
                    table: "record_vectors", id: String(id), detail: "its vector does not hold \(dimension) numbers")
            }
            return vector
        }
    }

    private static func record(_ row: SQLRow) throws -> Record {
        let id = try row.int(0)
        return Record(
            id: id, key: try row.text(1), documentID: try row.optionalText(2), position: Int(try row.int(3)),
            text: try row.optionalText(4), context: try row.text(5),
            metadata: try MetadataColumn.decode(try row.blob(6), id: id), uri: try row.optionalText(7))
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
