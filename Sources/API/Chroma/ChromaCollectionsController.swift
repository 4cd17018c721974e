import Hummingbird
import VectorStore

/// Chroma's routes for collections.
struct ChromaCollectionsController {
    let store: CollectionStore
    let schemas: ChromaSchemas

    func addRoutes(to routes: ChromaRoutes) {
        let collections = ChromaRoutes.database + "/collections"
        routes.on(.post, collections, create)
        routes.on(.get, collections, list)
        routes.on(.get, ChromaRoutes.database + "/collections_count", count)
        routes.on(.get, collections + "/by-id/{collection}", getByID)
        routes.on(.get, ChromaRoutes.collection, get)
        routes.on(.put, ChromaRoutes.collection, modify)
        routes.on(.delete, ChromaRoutes.collection, delete)
        routes.on(.post, ChromaRoutes.collection + "/fork") { _, context in
            _ = try await store.chromaCollection(context)
            throw ChromaError.unsupported("Collection forking is unsupported for local chroma")
        }
        routes.on(.get, ChromaRoutes.collection + "/fork_count") { _, context in
            _ = try await store.chromaCollection(context)
            throw ChromaError.unsupported("Count forks is unsupported for local chroma")
        }
    }

    private func database(_ context: APIContext) async throws -> CollectionDatabase? {
        try await store.find(
            database: try context.chromaPath("database"), tenant: try context.chromaPath("tenant"))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await ChromaBody.read(request)
        let name = try body.string("name")
        let metadata = try ChromaMetadata.collection(body["metadata"], "metadata")?.compactMapValues { $0 }
        let mayExist = try body.bool("get_or_create")
        let configuration = try ChromaConfiguration(body, metadata: metadata)
        try ChromaNames.check(name, field: "name")
        guard let database = try await database(context) else {
            throw ChromaError.invalid("Database [\(try context.chromaPath("database"))] does not exist")
        }
        let made = try await store.createCollection(
            name, in: database, space: configuration.space, metadata: metadata,
            configuration: try configuration.encoded(), settings: configuration.indexSettings)
        guard made.isNew || mayExist else { throw ChromaError.exists("Collection [\(name)] already exists") }
        return Response.json(try ChromaCollectionView(made.collection))
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let (limit, offset) = try request.chromaPage()
        guard let database = try await database(context) else { return Response.json([String]()) }
        let found = try await store.collections(in: database, limit: limit ?? .max, offset: offset)
        return Response.json(try found.map(ChromaCollectionView.init))
    }

    private func count(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let database = try await database(context) else { return Response.json(0) }
        return Response.json(try await store.countCollections(in: database))
    }

    /// By its name; the same path with an id stands for changes.
    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.chromaPath("collection")
        guard let database = try await database(context),
            let found = try await store.collection(name, in: database)
        else { throw ChromaError.notFound("Collection [\(name)] does not exist") }
        return Response.json(try ChromaCollectionView(found))
    }

    private func getByID(_ request: Request, _ context: APIContext) async throws -> Response {
        let text = try context.chromaPath("collection")
        guard let uid = ChromaNames.uid(text) else {
            throw ChromaError.invalid(
                "Validation error: collection_id: Invalid collection ID format, expected UUID")
        }
        guard let found = try await store.collection(uid: uid), let database = try await database(context),
            found.database == database
        else { throw ChromaError.notFound("Collection [\(uid)] does not exist") }
        return Response.json(try ChromaCollectionView(found))
    }

    private func modify(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await ChromaBody.read(request)
        let found = try await store.chromaCollection(context)
        var change = CollectionChange(name: try body.optionalString("new_name"))
        if let name = change.name { try ChromaNames.check(name, field: "new_name") }
        change.metadata = try ChromaMetadata.collection(body["new_metadata"], "new_metadata")?.compactMapValues { $0 }
        if let request = body["new_configuration"] {
            var configuration = try ChromaConfiguration(stored: found.configuration)
            try configuration.update(request)
            change.configuration = try configuration.encoded()
            change.efSearch = configuration.efSearch
        }
        try await store.change(uid: found.uid, change)
        return Response.json(JSONObject())
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.chromaPath("collection")
        guard let database = try await database(context) else {
            throw ChromaError.notFound("Collection [\(name)] does not exist")
        }
        let doomed = try await store.collection(name, in: database)
        try await store.removeCollection(name, in: database)
        if let doomed { schemas.forget(doomed.uid) }
        return Response.json(JSONObject())
    }
}

extension CollectionStore {
    /// The collection whose id is in the path, whatever tenant and database stand before it.
    func chromaCollection(_ context: APIContext) async throws -> NamedCollection {
        let text = try context.chromaPath("collection")
        guard let uid = ChromaNames.uid(text) else {
            throw ChromaError.invalid("Collection ID is not a valid UUIDv4")
        }
        guard let found = try await collection(uid: uid) else {
            throw ChromaError.notFound("Collection [\(uid)] does not exist.")
        }
        return found
    }
}
