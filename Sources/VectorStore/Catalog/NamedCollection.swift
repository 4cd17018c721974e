import Store
import VectorIndex

/// A collection that users made, as its database has it.
public struct NamedCollection: Sendable, Hashable {
    public let uid: String
    public let database: CollectionDatabase
    public let name: String
    /// What the owner notes about it; nil where there is nothing.
    public let metadata: [String: MetadataValue]?
    /// Settings in the owner's own notation, kept as given.
    public let configuration: String?
    public let description: CollectionDescription
    let forgottenSequence: Int64
}

/// What shall become of a named collection. What is nil stays as it is.
public struct CollectionChange: Sendable {
    public var name: String?
    /// Takes the place of all metadata there are; empty: there are none from then on.
    public var metadata: [String: MetadataValue]?
    public var configuration: String?
    /// ``IndexSettings/efSearch``.
    public var efSearch: Int?

    public init(
        name: String? = nil, metadata: [String: MetadataValue]? = nil, configuration: String? = nil,
        efSearch: Int? = nil
    ) {
        self.name = name
        self.metadata = metadata
        self.configuration = configuration
        self.efSearch = efSearch
    }
}

extension CollectionCatalog {
    private static let columns = """
        c.id, c.name, c.dimension, c.metric, c.fingerprint, c.generation, c.created_at, c.forgotten_sequence, \
        c.metadata, c.configuration, n.name, d.id, d.tenant, d.name, c.max_neighbors, c.ef_construction, c.ef_search
        """
    private static let tables = """
        collection_names n JOIN collections c ON c.id = n.collection_id JOIN databases d ON d.id = n.database_id
        """

    /// Stores a collection under `name`, which is free.
    static func insert(
        _ name: String, in database: CollectionDatabase, uid: String, metric: Metric, dimension: Int,
        fingerprint: String, metadata: [String: MetadataValue]?, configuration: String?, settings: IndexSettings,
        nowMilliseconds: Int64, _ transaction: any WriteTransaction
    ) throws {
        let description = try insert(
            name: uid, dimension: dimension, metric: metric, fingerprint: fingerprint, settings: settings,
            nowMilliseconds: nowMilliseconds, in: transaction)
        try transaction.execute(
            "UPDATE collections SET database_id = $2, metadata = $3, configuration = $4 WHERE id = $1",
            [description.id, database.id, metadata.map(MetadataColumn.encode), configuration])
        try point(name, to: description.id, in: database, isAlias: false, transaction)
    }

    private static func point(
        _ name: String, to id: Int64, in database: CollectionDatabase, isAlias: Bool,
        _ transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            "INSERT INTO collection_names (database_id, name, collection_id, is_alias) VALUES ($1, $2, $3, $4)",
            [database.id, name, id, isAlias])
    }

    /// By its name or an alias.
    static func find(
        _ name: String, in database: CollectionDatabase, _ transaction: any ReadTransaction
    ) throws -> NamedCollection? {
        guard
            let row = try transaction.row(
                "SELECT collection_id FROM collection_names WHERE database_id = $1 AND name = $2",
                [database.id, name])
        else { return nil }
        let id = try row.int(0)
        return try transaction.row(
            "SELECT \(columns) FROM \(tables) WHERE n.collection_id = $1 AND n.is_alias = 0", [id]
        ).map(named)
    }

    static func find(uid: String, in transaction: any ReadTransaction) throws -> NamedCollection? {
        try transaction.row("SELECT \(columns) FROM \(tables) WHERE c.name = $1 AND n.is_alias = 0", [uid]).map(named)
    }

    /// A database's collections in the order of their uids.
    static func list(
        in database: CollectionDatabase, limit: Int, offset: Int, _ transaction: any ReadTransaction
    ) throws -> [NamedCollection] {
        try transaction.rows(
            """
            SELECT \(columns) FROM \(tables) WHERE n.database_id = $1 AND n.is_alias = 0
            ORDER BY c.name LIMIT $2 OFFSET $3
            """, [database.id, limit, offset]
        ).map(named)
    }

    /// All named collections.
    static func uids(in transaction: any ReadTransaction) throws -> [String] {
        try transaction.rows("SELECT c.name FROM \(tables) WHERE n.is_alias = 0 ORDER BY c.id").map { try $0.text(0) }
    }

    static func count(in database: CollectionDatabase, _ transaction: any ReadTransaction) throws -> Int {
        let row = try transaction.row(
            "SELECT count(*) FROM collection_names WHERE database_id = $1 AND is_alias = 0", [database.id])
        return Int(try row?.int(0) ?? 0)
    }

    static func change(
        _ collection: NamedCollection, _ change: CollectionChange, _ transaction: any WriteTransaction
    ) throws {
        let id = collection.description.id
        if let name = change.name, name != collection.name {
            guard try find(name, in: collection.database, transaction) == nil else {
                throw VectorStoreError.nameTaken(name: name)
            }
            try transaction.execute(
                "UPDATE collection_names SET name = $2 WHERE collection_id = $1 AND is_alias = 0", [id, name])
        }
        if let metadata = change.metadata {
            try transaction.execute(
                "UPDATE collections SET metadata = $2 WHERE id = $1",
                [id, metadata.isEmpty ? nil : MetadataColumn.encode(metadata)])
        }
        if let configuration = change.configuration {
            try transaction.execute("UPDATE collections SET configuration = $2 WHERE id = $1", [id, configuration])
        }
        if let efSearch = change.efSearch {
            try transaction.execute("UPDATE collections SET ef_search = $2 WHERE id = $1", [id, efSearch])
        }
    }

    /// Lets `alias` stand for the collection, whatever alias it was before.
    static func setAlias(
        _ alias: String, of collection: NamedCollection, _ transaction: any WriteTransaction
    ) throws {
        if let row = try transaction.row(
            "SELECT is_alias FROM collection_names WHERE database_id = $1 AND name = $2",
            [collection.database.id, alias])
        {
            guard try row.bool(0) else { throw VectorStoreError.nameTaken(name: alias) }
            try transaction.execute(
                "UPDATE collection_names SET collection_id = $3 WHERE database_id = $1 AND name = $2",
                [collection.database.id, alias, collection.description.id])
        } else {
            try point(alias, to: collection.description.id, in: collection.database, isAlias: true, transaction)
        }
    }

    /// Nobody finds the collection from now on; its records are still there.
    static func markRemoved(_ collection: NamedCollection, _ transaction: any WriteTransaction) throws {
        try transaction.execute(
            "DELETE FROM collection_names WHERE collection_id = $1", [collection.description.id])
        try transaction.execute(
            "UPDATE collections SET is_removed = 1, database_id = NULL WHERE id = $1", [collection.description.id])
    }

    /// Collections whose removal has begun.
    static func removed(in transaction: any ReadTransaction) throws -> [Int64] {
        try transaction.rows("SELECT id FROM collections WHERE is_removed = 1").map { try $0.int(0) }
    }

    /// The last step of a removal, once no record is left.
    static func forget(_ id: Int64, in transaction: any WriteTransaction) throws {
        try RecordTable.forgetChanges(through: .max, collection: id, in: transaction)
        try transaction.execute("DELETE FROM collections WHERE id = $1", [id])
    }

    private static func named(_ row: SQLRow) throws -> NamedCollection {
        let id = try row.int(0)
        let metricName = try row.text(3)
        guard let metric = Metric(name: metricName) else {
            throw VectorStoreError.damagedRow(
                table: "collections", id: String(id), detail: "there is no metric \"\(metricName)\"")
        }
        let uid = try row.text(1)
        return NamedCollection(
            uid: uid,
            database: CollectionDatabase(id: try row.text(11), tenant: try row.text(12), name: try row.text(13)),
            name: try row.text(10),
            metadata: row.isNull(8) ? nil : try MetadataColumn.decode(try row.blob(8), table: "collections", id: id),
            configuration: try row.optionalText(9),
            description: CollectionDescription(
                id: id, name: uid, dimension: Int(try row.int(2)), metric: metric, fingerprint: try row.text(4),
                generation: Int(try row.int(5)),
                settings: IndexSettings(
                    maxNeighbors: try row.optionalInt(14).map { Int($0) },
                    efConstruction: try row.optionalInt(15).map { Int($0) },
                    efSearch: try row.optionalInt(16).map { Int($0) }),
                createdAtMilliseconds: try row.int(6)),
            forgottenSequence: try row.int(7))
    }
}
