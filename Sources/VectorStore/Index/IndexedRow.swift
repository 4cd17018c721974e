import Store

/// A record as the index takes it up.
struct IndexedRow: Sendable {
    let id: Int64
    let vector: [Float]
    let contents: RecordContents

    static let columns = "id, document_id, fields, text, vector"

    /// - Parameter row: has ``columns``.
    init(_ row: SQLRow, dimension: Int) throws {
        id = try row.int(0)
        contents = try RecordContents(row)
        vector = try Self.vector(row.blob(4), of: id, dimension: dimension)
    }

    static func vector(_ bytes: [UInt8], of id: Int64, dimension: Int) throws -> [Float] {
        guard let vector = VectorColumn.decode(bytes, dimension: dimension) else {
            throw VectorStoreError.damagedRow(
                table: "record_vectors", id: String(id), detail: "its vector does not hold \(dimension) numbers")
        }
        return vector
    }
}

extension RecordContents {
    static let columns = "id, document_id, fields, text"

    /// - Parameter row: begins with ``columns``.
    init(_ row: SQLRow) throws {
        self.init(
            documentID: try row.optionalText(1), metadata: try MetadataColumn.decode(try row.blob(2), id: row.int(0)),
            text: try row.optionalText(3))
    }
}

/// What has happened to the records of one generation since the index was last brought up to date, or a part of it.
struct IndexDelta: Sendable {
    /// Records that were stored, in the order of their ids.
    var inserted: [IndexedRow] = []
    /// Records with other metadata than before.
    var changed: [(id: Int64, contents: RecordContents)] = []
    /// Records with another vector than before, and perhaps other metadata.
    var replaced: [IndexedRow] = []
    var removed: [Int64] = []
    /// Where the index stands with this applied; nil: there is more to come.
    var mark: IndexMark?
}

/// How far an index has followed the rows.
struct IndexMark: Sendable, Hashable {
    /// The number of the last change to any collection's records.
    let sequence: Int64
    /// The number of the last change to this collection's.
    let ofCollection: Int64
}

extension IndexDelta {
    /// Reads the next `limit` records that were stored after `cursor` and, when these are the last ones, what else has
    /// changed since `applied`.
    static func read(
        _ collection: CollectionDescription, stored cursor: Int64, changed applied: Int64, limit: Int,
        in transaction: any ReadTransaction
    ) throws -> IndexDelta {
        var delta = IndexDelta()
        delta.inserted = try transaction.rows(
            """
            SELECT \(IndexedRow.columns) FROM records JOIN record_vectors ON record_id = id
            WHERE collection_id = $1 AND generation = $2 AND id > $3 ORDER BY id LIMIT $4
            """, [collection.id, collection.generation, cursor, limit]
        ).map { try IndexedRow($0, dimension: collection.dimension) }
        guard delta.inserted.count < limit else { return delta }
        let mark = IndexMark(
            sequence: try RecordTable.lastSequence(in: transaction),
            ofCollection: try CollectionCatalog.lastSequence(of: collection.id, in: transaction))
        var changed: Set<Int64> = []
        var replaced: Set<Int64> = []
        for change in try RecordTable.changes(
            after: applied, through: mark.sequence, collection: collection.id, in: transaction)
        {
            switch change.kind {
            case .removed: delta.removed.append(change.record)
            case .fields: changed.insert(change.record)
            case .vector: replaced.insert(change.record)
            }
        }
        for id in changed.subtracting(replaced).sorted() {
            try transaction.row("SELECT \(RecordContents.columns) FROM records WHERE id = $1", [id])
                .map { delta.changed.append((id, try RecordContents($0))) }
        }
        for id in replaced.sorted() {
            try transaction.row(
                """
                SELECT \(IndexedRow.columns) FROM records JOIN record_vectors ON record_id = id
                WHERE id = $1 AND generation = $2
                """, [id, collection.generation]
            ).map { delta.replaced.append(try IndexedRow($0, dimension: collection.dimension)) }
        }
        delta.mark = mark
        return delta
    }
}
