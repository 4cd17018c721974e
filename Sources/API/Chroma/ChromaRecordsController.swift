import Hummingbird
import VectorStore

/// Chroma's routes for the records of a collection.
struct ChromaRecordsController {
    let store: CollectionStore
    /// What is known of the collections' schemas.
    let schemas: ChromaSchemas

    private static let usualResults = 10

    func addRoutes(to routes: ChromaRoutes) {
        routes.on(.post, ChromaRoutes.collection + "/add", add)
        routes.on(.post, ChromaRoutes.collection + "/upsert", upsert)
        routes.on(.post, ChromaRoutes.collection + "/update", update)
        routes.on(.post, ChromaRoutes.collection + "/delete", delete)
        routes.on(.post, ChromaRoutes.collection + "/get", get)
        routes.on(.post, ChromaRoutes.collection + "/query", query)
        routes.on(.get, ChromaRoutes.collection + "/count", count)
        routes.on(.post, ChromaRoutes.collection + "/search") { request, context in
            _ = try await ChromaBody.read(request)
            _ = try await store.chromaCollection(context)
            throw ChromaError.unsupported("Error executing plan: Search is unsupported for local chroma")
        }
    }

    // MARK: Writing

    /// Columns of a write request, one entry a record.
    private struct Columns {
        let ids: [String]
        let vectors: [[Float]?]?
        let metadatas: [[String: MetadataValue?]]?
        let documents: [String?]?
        let uris: [String?]?

        init(_ body: ChromaBody, allowsNull: Bool) throws {
            guard let ids = try body.strings("ids") else { throw ChromaError.shape("missing field `ids`") }
            self.ids = ids
            vectors = try body.vectors("embeddings")
            metadatas = try ChromaMetadata.records(try body.array("metadatas"), allowsNull: allowsNull)
            documents = try body.optionalStrings("documents")
            uris = try body.optionalStrings("uris")
        }

        /// What is checked once the collection is known.
        func check() throws {
            let counts = [vectors?.count, metadatas?.count, documents?.count, uris?.count].compactMap { $0 }
            guard counts.allSatisfy({ $0 == ids.count }) else {
                throw ChromaError.invalid("Inconsistent number of IDs, embeddings, documents, URIs and metadatas")
            }
            guard ids.allSatisfy({ !$0.isEmpty }) else {
                throw ChromaError.invalid("Empty ID, ID must have at least one character")
            }
            let widths = Set((vectors ?? []).compactMap { $0?.count })
            guard !widths.contains(0) else {
                throw ChromaError.invalid(
                    "Validation error: embeddings: Each embedding must have at least 1 dimension")
            }
            guard widths.count <= 1 else {
                throw ChromaError.invalid("Inconsistent dimensions in provided embeddings")
            }
        }

        /// Whole records; every one needs a vector.
        func records() throws -> [NewRecord] {
            guard let vectors else { throw ChromaError.shape("missing field `embeddings`") }
            return try ids.indices.map { index in
                guard let vector = vectors[index] else {
                    throw ChromaError.shape("embeddings[\(index)]: invalid type: null, expected a sequence")
                }
                return NewRecord(
                    key: ids[index], text: documents?[index],
                    metadata: metadatas?[index].compactMapValues { $0 } ?? [:], uri: uris?[index], vector: vector)
            }
        }

        func changes() -> [RecordChange] {
            ids.indices.map { index in
                RecordChange(
                    key: ids[index], text: documents?[index], metadata: metadatas?[index] ?? [:], uri: uris?[index],
                    vector: vectors?[index])
            }
        }
    }

    private func columns(
        _ request: Request, _ context: APIContext, allowsNull: Bool
    ) async throws -> (VectorCollection, Columns) {
        let columns = try Columns(try await ChromaBody.read(request), allowsNull: allowsNull)
        let found = try await store.chromaCollection(context)
        let collection = try await store.open(uid: found.uid)
        try columns.check()
        try await schemas.discover(ChromaKey.keys(in: columns.metadatas ?? []), in: found)
        return (collection, columns)
    }

    private func add(_ request: Request, _ context: APIContext) async throws -> Response {
        let (collection, columns) = try await columns(request, context, allowsNull: false)
        var seen: Set<String> = []
        let records = try columns.records().filter { seen.insert($0.key).inserted }
        if !records.isEmpty { try await collection.add(records) }
        return Response.json(JSONObject(), status: .created)
    }

    private func upsert(_ request: Request, _ context: APIContext) async throws -> Response {
        let (collection, columns) = try await columns(request, context, allowsNull: true)
        guard columns.vectors?.allSatisfy({ $0 != nil }) ?? false else {
            throw ChromaError.shape("missing field `embeddings`")
        }
        if !columns.ids.isEmpty { try await collection.upsert(columns.changes()) }
        return Response.json(JSONObject())
    }

    private func update(_ request: Request, _ context: APIContext) async throws -> Response {
        let (collection, columns) = try await columns(request, context, allowsNull: true)
        if !columns.ids.isEmpty { try await collection.update(columns.changes()) }
        return Response.json(JSONObject())
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await ChromaBody.read(request)
        let found = try await store.chromaCollection(context)
        let filter = try ChromaFilter.read(body)
        try schemas.schema(of: found)?.check(filter)
        let limit = try body.count("limit")
        let isFiltered = filter.metadata != nil || filter.text != nil
        guard limit == nil || isFiltered else {
            throw ChromaError.invalid(
                "Validation error: limit, where: limit can only be specified when a where clause is provided")
        }
        if filter.keys?.isEmpty == true, !isFiltered {
            throw ChromaError.invalid("Validation error: ids, where: Either ids or where must be specified")
        }
        var count = 0
        if !filter.isEverything {
            count = try await store.open(uid: found.uid).remove(matching: filter, limit: limit ?? .max)
        }
        return Response.json(JSONDocument { [count] in $0.member("deleted", count) })
    }

    // MARK: Reading

    private func count(_ request: Request, _ context: APIContext) async throws -> Response {
        let found = try await store.chromaCollection(context)
        return Response.json(try await store.open(uid: found.uid).countRecords())
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await ChromaBody.read(request)
        let include = try ChromaInclude(body, usually: [.documents, .metadatas])
        let (limit, offset) = (try body.count("limit") ?? .max, try body.count("offset") ?? 0)
        let found = try await store.chromaCollection(context)
        let filter = try ChromaFilter.read(body)
        try schemas.schema(of: found)?.check(filter)
        let collection = try await store.open(uid: found.uid)
        let (records, vectors) =
            limit == 0
            ? ([], [])
            : try await collection.page(
                matching: filter, limit: limit, offset: offset, includesVectors: include.has(.embeddings))
        return Response.json(
            JSONDocument { members in
                members.member("ids", records.map(\.key))
                include.write(.embeddings, vectors, to: &members)
                include.write(.documents, records.map { Nullable($0.text) }, to: &members)
                include.write(.uris, records.map { Nullable($0.uri) }, to: &members)
                include.write(.metadatas, records.map(ChromaInclude.metadata), to: &members)
                members.member("include", include.parts.map(\.rawValue))
            })
    }

    private func query(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await ChromaBody.read(request)
        let include = try ChromaInclude(body, usually: [.documents, .metadatas, .distances])
        guard let queries = try body.vectors("query_embeddings") else {
            throw ChromaError.shape("missing field `query_embeddings`")
        }
        let limit = try body.count("n_results") ?? Self.usualResults
        let found = try await store.chromaCollection(context)
        let filter = try ChromaFilter.read(body)
        try schemas.schema(of: found)?.check(filter)
        let collection = try await store.open(uid: found.uid)
        let dimension = collection.description.dimension
        for query in queries where dimension != 0 && query?.count != dimension {
            throw ChromaError.invalid(
                "Collection expecting embedding with dimension of \(dimension), got \(query?.count ?? 0)")
        }
        let answer = try await collection.query(
            VectorQuery(
                queries.map { $0 ?? [] }, limit: limit, filter: filter, includesVectors: include.has(.embeddings)))
        if let keys = filter.keys, filter.metadata == nil, filter.text == nil, answer.matches < Set(keys).count {
            throw ChromaError.internalError("Error executing plan: Internal error: Error finding id")
        }
        let space = collection.description.space
        return Response.json(
            JSONDocument { members in
                func write(_ part: ChromaInclude.Part, _ value: (VectorAnswer.Hit) -> some JSONWritable) {
                    include.write(part, answer.hits.map { $0.map(value) }, to: &members)
                }
                members.member("ids", answer.hits.map { $0.map(\.record.key) })
                write(.embeddings) { Nullable($0.vector) }
                write(.documents) { Nullable($0.record.text) }
                write(.uris) { Nullable($0.record.uri) }
                write(.metadatas) { ChromaInclude.metadata(of: $0.record) }
                write(.distances) { space.distance(score: $0.score) }
                members.member("include", include.parts.map(\.rawValue))
            })
    }
}

/// Which parts of records an answer has.
struct ChromaInclude {
    enum Part: String, CaseIterable {
        case distances, documents, embeddings, metadatas, uris
    }

    let parts: [Part]

    init(_ body: ChromaBody, usually: [Part]) throws {
        guard let names = try body.strings("include") else {
            parts = usually
            return
        }
        parts = try names.enumerated().map { index, name in
            guard let part = Part(rawValue: name) else {
                throw ChromaError.shape(
                    "include[\(index)]: unknown variant `\(name)`, expected one of `distances`, `documents`, "
                        + "`embeddings`, `metadatas`, `uris`")
            }
            return part
        }
    }

    func has(_ part: Part) -> Bool { parts.contains(part) }

    /// The part, or null where it is not asked for.
    func write(_ part: Part, _ values: some JSONWritable, to members: inout JSONWriter.Members) {
        if has(part) {
            members.member(part.rawValue, values)
        } else {
            members.member(part.rawValue, Nullable<String>(nil))
        }
    }

    /// Null where nothing is to be shown; fields of Chroma's own are not.
    static func metadata(of record: Record) -> Nullable<[String: MetadataValue]> {
        let shown = record.metadata.filter { !$0.key.hasPrefix("chroma:") }
        return Nullable(shown.isEmpty && record.uri == nil && record.metadata.isEmpty ? nil : shown)
    }
}
