import Foundation
import Hummingbird
import Store
import VectorStore

/// Chroma's routes for the system, tenants and databases.
struct ChromaCatalogController {
    let store: CollectionStore
    let policy: ChromaPolicy

    /// What Chroma's server of this protocol says of itself.
    private static let version = "1.0.0"
    private static let batchRecords = 5_461

    func addRoutes(to routes: ChromaRoutes) {
        for path in ["", "/heartbeat"] {
            routes.on(.get, path, isPublic: true) { _, _ in
                Response.json(
                    JSONDocument { $0.member("nanosecond heartbeat", WallClock.system.now.milliseconds * 1_000_000) })
            }
        }
        routes.on(.get, "/healthcheck", isPublic: true) { _, _ in
            Response.json(
                JSONDocument { members in
                    members.member("is_executor_ready", true)
                    members.member("is_log_client_ready", true)
                })
        }
        routes.on(.get, "/version", isPublic: true) { _, _ in Response.json(Self.version) }
        routes.on(.get, "/pre-flight-checks", isPublic: true) { _, _ in
            Response.json(
                JSONDocument { members in
                    members.member("max_batch_size", Self.batchRecords)
                    members.member("supports_base64_encoding", true)
                })
        }
        routes.on(.get, "/auth/identity") { _, _ in
            Response.json(
                JSONDocument { members in
                    members.member("user_id", "")
                    members.member("tenant", CollectionStore.defaultTenant)
                    members.member("databases", [CollectionStore.defaultDatabase])
                })
        }
        routes.on(.post, "/reset", reset)
        routes.on(.post, "/tenants", createTenant)
        routes.on(.get, "/tenants/{tenant}", getTenant)
        routes.on(.patch, "/tenants/{tenant}") { _, _ in Response.json(JSONObject()) }
        routes.on(.post, "/tenants/{tenant}/databases", createDatabase)
        routes.on(.get, "/tenants/{tenant}/databases", listDatabases)
        routes.on(.get, ChromaRoutes.database, getDatabase)
        routes.on(.delete, ChromaRoutes.database, deleteDatabase)
    }

    private func reset(_ request: Request, _ context: APIContext) async throws -> Response {
        guard policy.allowsReset else {
            throw ChromaError(status: 403, name: "ChromaError", message: "Reset is disabled by config")
        }
        try await store.reset()
        return Response.json(true)
    }

    private func createTenant(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try await ChromaBody.read(request).string("name")
        guard name.unicodeScalars.count >= 3 else {
            throw ChromaError.invalid(
                "Validation error: name: Validation error: length [{\"min\": Number(3), \"value\": String(\"\(name)\")}]"
            )
        }
        guard try await store.createTenant(name) else {
            throw ChromaError.exists("Tenant [\(name)] already exists")
        }
        return Response.json(JSONObject())
    }

    private func getTenant(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.chromaPath("tenant")
        guard try await store.tenantExists(name) else { throw ChromaError.notFound("Tenant [\(name)] not found") }
        return Response.json(
            JSONDocument { members in
                members.member("name", name)
                members.member("resource_name", Nullable<String>(nil))
            })
    }

    private func createDatabase(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try await ChromaBody.read(request).string("name")
        try ChromaNames.check(name, field: nil)
        do {
            try await store.createDatabase(name, tenant: try context.chromaPath("tenant"))
        } catch VectorStoreError.nameTaken {
            throw ChromaError.exists("Database [\(name)] already exists")
        }
        return Response.json(JSONObject())
    }

    private func listDatabases(_ request: Request, _ context: APIContext) async throws -> Response {
        let (limit, offset) = try request.chromaPage()
        let found = try await store.databases(
            tenant: try context.chromaPath("tenant"), limit: limit ?? .max, offset: offset)
        return Response.json(found.map(DatabaseView.init))
    }

    private func getDatabase(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.chromaPath("database")
        guard name.utf8.count >= 3 else {
            throw ChromaError.invalid("database name must be at least 3 characters")
        }
        guard let found = try await store.find(database: name, tenant: try context.chromaPath("tenant")) else {
            throw ChromaError.notFound("Database [\(name)] not found. Are you sure it exists?")
        }
        return Response.json(DatabaseView(database: found))
    }

    private func deleteDatabase(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.chromaPath("database")
        do {
            try await store.removeDatabase(name, tenant: try context.chromaPath("tenant"))
        } catch VectorStoreError.unknownDatabase {
            throw ChromaError.notFound("Database [\(name)] not found")
        }
        return Response.json(JSONObject())
    }

    private struct DatabaseView: JSONWritable {
        let database: CollectionDatabase

        func write(to json: inout JSONWriter) {
            json.object { members in
                members.member("id", database.id)
                members.member("name", database.name)
                members.member("tenant", database.tenant)
            }
        }
    }
}

extension JSONObject: JSONWritable {
    public func write(to json: inout JSONWriter) { JSONValue.object(self).write(to: &json) }
}

extension APIContext {
    /// A path segment, with its percent signs decoded.
    func chromaPath(_ name: String) throws -> String {
        guard let text = parameters.get(name)?.removingPercentEncoding else {
            throw ChromaError.invalid("Invalid URL: Invalid UTF-8 in `\(name)_name`")
        }
        return text
    }
}

extension Request {
    /// `limit` (nil: all) and `offset`.
    func chromaPage() throws -> (limit: Int?, offset: Int) {
        func count(_ name: String) throws -> Int? {
            guard let text = uri.queryParameters[Substring(name)] else { return nil }
            guard let value = UInt32(text) else {
                throw ChromaError.invalid("Failed to deserialize query string: \(name): invalid digit found in string")
            }
            return Int(value)
        }
        return (try count("limit"), try count("offset") ?? 0)
    }
}
