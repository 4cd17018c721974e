import Store

/// A namespace of collections, within a tenant.
public struct CollectionDatabase: Sendable, Hashable, Identifiable {
    public let id: String
    public let tenant: String
    public let name: String
}

/// Which tenants and databases there are. Every function runs inside the caller's transaction.
enum DatabaseCatalog {
    static func insertTenant(
        _ name: String, nowMilliseconds: Int64, in transaction: any WriteTransaction
    ) throws -> Bool {
        guard try !tenantExists(name, in: transaction) else { return false }
        try transaction.execute("INSERT INTO tenants (name, created_at) VALUES ($1, $2)", [name, nowMilliseconds])
        return true
    }

    static func tenantExists(_ name: String, in transaction: any ReadTransaction) throws -> Bool {
        try transaction.row("SELECT name FROM tenants WHERE name = $1", [name]) != nil
    }

    /// False when the tenant has a database of this name already.
    static func insert(
        _ database: CollectionDatabase, nowMilliseconds: Int64, in transaction: any WriteTransaction
    ) throws -> Bool {
        guard try find(database.name, tenant: database.tenant, in: transaction) == nil else { return false }
        try transaction.execute(
            "INSERT INTO databases (id, tenant, name, created_at) VALUES ($1, $2, $3, $4)",
            [database.id, database.tenant, database.name, nowMilliseconds])
        return true
    }

    static func find(
        _ name: String, tenant: String, in transaction: any ReadTransaction
    ) throws -> CollectionDatabase? {
        try transaction.row("SELECT id, tenant, name FROM databases WHERE tenant = $1 AND name = $2", [tenant, name])
            .map(database)
    }

    /// A tenant's databases by name.
    static func list(
        tenant: String, limit: Int, offset: Int, in transaction: any ReadTransaction
    ) throws -> [CollectionDatabase] {
        try transaction.rows(
            "SELECT id, tenant, name FROM databases WHERE tenant = $1 ORDER BY name LIMIT $2 OFFSET $3",
            [tenant, limit, offset]
        ).map(database)
    }

    static func all(in transaction: any ReadTransaction) throws -> [CollectionDatabase] {
        try transaction.rows("SELECT id, tenant, name FROM databases ORDER BY tenant, name").map(database)
    }

    static func remove(_ id: String, in transaction: any WriteTransaction) throws {
        try transaction.execute("DELETE FROM databases WHERE id = $1", [id])
    }

    static func removeAllTenants(in transaction: any WriteTransaction) throws {
        try transaction.execute("DELETE FROM tenants")
    }

    private static func database(_ row: SQLRow) throws -> CollectionDatabase {
        CollectionDatabase(id: try row.text(0), tenant: try row.text(1), name: try row.text(2))
    }
}
