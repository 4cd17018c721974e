import Foundation
import Store

/// The folder of a Chroma server or PersistentClient, chromadb 0.5 to 1.5, read without Chroma and without changing it. Which
/// version wrote it is told from the tables and columns that are there. Blocking.
public final class ChromaFolder: Sendable {
    public let path: String
    let file: SQLiteFile
    let tables: ChromaTables

    /// - Throws: ``ChromaImportError``, `StoreError`.
    public init(path: String) throws {
        self.path = path
        guard FileManager.default.fileExists(atPath: path + "/chroma.sqlite3") else {
            throw ChromaImportError.noFolder(path: path)
        }
        file = try SQLiteFile(path: path + "/chroma.sqlite3")
        tables = try file.read { try ChromaTables($0) }
    }

    /// All collections by tenant, database and name.
    public func collections() throws -> [ChromaCollection] {
        try file.read { transaction in
            let rows = try transaction.rows(
                """
                SELECT c.id, c.name, c.dimension, d.name, d.tenant_id, \(tables.column("config_json_str", of: "collections", as: "c")),
                    \(tables.column("schema_str", of: "collections", as: "c"))
                FROM collections c JOIN databases d ON d.id = c.database_id ORDER BY d.tenant_id, d.name, c.name
                """)
            return try rows.map { try collection($0, in: transaction) }
        }
    }

    private func collection(_ row: SQLRow, in transaction: any ReadTransaction) throws -> ChromaCollection {
        let id = try row.text(0)
        var segments: [String: String] = [:]
        for segment in try transaction.rows("SELECT scope, id FROM segments WHERE collection = $1", [id]) {
            segments[try segment.text(0)] = try segment.text(1)
        }
        let name = try row.text(1)
        guard let vectors = segments["VECTOR"], let metadata = segments["METADATA"] else {
            throw ChromaImportError.unknownTable(name: "segments", detail: "the collection \(name) has no two segments")
        }
        let own = try values(
            "collection_metadata", "collection_id", of: .text(id), text: "str_value", in: transaction)
        let settings = ChromaSettings(
            schema: try row.optionalText(6), configuration: try row.optionalText(5),
            segmentMetadata: try values(
                "segment_metadata", "segment_id", of: .text(vectors), text: "str_value", in: transaction),
            collectionMetadata: own)
        return ChromaCollection(
            id: id, name: name, tenant: try row.text(4), database: try row.text(3), metadata: own.isEmpty ? nil : own,
            space: settings.space ?? .l2, settings: settings.settings,
            dimension: Int(clamping: try row.optionalInt(2) ?? 0), vectorSegment: vectors, metadataSegment: metadata)
    }

    /// The members of a key-value table that belong to one owner.
    func values(
        _ table: String, _ ownerColumn: String, of owner: SQLValue, text: String, in transaction: any ReadTransaction
    ) throws -> [String: MetadataValue] {
        guard tables.has(table) else { return [:] }
        var found: [String: MetadataValue] = [:]
        let columns = tables.valueColumns(of: table, text: text)
        for row in try transaction.rows("SELECT key, \(columns) FROM \(table) WHERE \(ownerColumn) = $1", [owner]) {
            found[try row.text(0)] = ChromaTables.value(row)
        }
        return found
    }
}

/// Which tables and columns a Chroma database has.
struct ChromaTables: Sendable {
    private let columns: [String: Set<String>]

    init(_ transaction: any ReadTransaction) throws {
        var columns: [String: Set<String>] = [:]
        for row in try transaction.rows(
            "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'")
        {
            columns[try row.text(0), default: []].insert(try row.text(1))
        }
        self.columns = columns
        for (table, wanted) in [
            "databases": ["id", "name", "tenant_id"], "collections": ["id", "name", "dimension", "database_id"],
            "segments": ["id", "scope", "collection"], "embeddings": ["id", "segment_id", "embedding_id"],
            "embedding_metadata": ["id", "key", "string_value", "int_value", "float_value"],
            "embeddings_queue": ["seq_id", "operation", "topic", "id", "vector", "metadata"],
            "max_seq_id": ["segment_id", "seq_id"],
        ] {
            guard let found = columns[table] else {
                throw ChromaImportError.unknownTable(name: table, detail: "it is missing")
            }
            if let missing = wanted.first(where: { !found.contains($0) }) {
                throw ChromaImportError.unknownTable(name: table, detail: "it has no column \(missing)")
            }
        }
    }

    func has(_ table: String) -> Bool { columns[table] != nil }

    /// The column, or NULL where this version has none.
    func column(_ name: String, of table: String, as alias: String) -> String {
        columns[table]?.contains(name) ?? false ? "\(alias).\(name)" : "NULL"
    }

    /// The columns that ``value(_:)`` looks at, behind a first one.
    func valueColumns(of table: String, text: String) -> String {
        "\(text), int_value, float_value, " + (columns[table]?.contains("bool_value") ?? false ? "bool_value" : "NULL")
    }

    /// The one column that is not NULL, in Chroma's order of looking.
    static func value(_ row: SQLRow) -> MetadataValue? {
        if let text = try? row.text(1) { return .string(text) }
        if let number = try? row.int(2) { return .integer(number) }
        if let number = try? row.real(3) { return .real(number) }
        if let flag = try? row.bool(4) { return .bool(flag) }
        return nil
    }

    /// A number of the queue: chromadb before 1.0 writes it as big-endian bytes.
    static func sequence(_ value: SQLValue) -> Int64 {
        switch value {
        case .integer(let number): number
        case .blob(let bytes): bytes.suffix(8).reduce(0) { $0 << 8 | Int64($1) }
        default: 0
        }
    }
}
