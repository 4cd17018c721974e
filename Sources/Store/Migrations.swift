/// One step of the schema's history.
///
/// The list of a product is append-only: a migration that has been released is never edited,
/// renamed or removed. Names are unique.
public struct Migration: Sendable {
    public let name: String
    public let apply: @Sendable (any WriteTransaction) throws -> Void

    public init(_ name: String, _ apply: @escaping @Sendable (any WriteTransaction) throws -> Void) {
        self.name = name
        self.apply = apply
    }
}

enum Migrator {
    private static let table = "schema_migrations"

    /// The migrations that the file has not seen, in order. Each module brings its own list, so what matters is
    /// membership; a file that holds a name we do not know was written by a newer program.
    static func pending(
        _ migrations: [Migration], path: String, in transaction: any WriteTransaction
    ) throws -> [Migration] {
        let known = Set(migrations.map(\.name))
        precondition(known.count == migrations.count, "migration names must be unique")
        try transaction.execute(
            """
            CREATE TABLE IF NOT EXISTS \(table) (
                name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL)
            """)
        let applied = Set(try transaction.rows("SELECT name FROM \(table)").map { try $0.text(0) })
        guard applied.isSubset(of: known) else {
            throw StoreError.newerSchema(path: path, found: applied.count, known: known.count)
        }
        return migrations.filter { !applied.contains($0.name) }
    }

    /// Applies one migration and records it, in the caller's transaction.
    static func apply(_ migration: Migration, timestamp: String, in transaction: any WriteTransaction) throws {
        try migration.apply(transaction)
        try transaction.execute(
            "INSERT INTO \(table) (name, applied_at) VALUES ($1, $2)", [migration.name, timestamp])
    }

    static func version(in transaction: any ReadTransaction) throws -> Int {
        try Int(transaction.row("SELECT count(*) FROM \(table)")?.int(0) ?? 0)
    }
}
