import Assist
import CRM
import Foundation
import HTTPTypes
import Hummingbird
import Ingest
import NIOCore
import Store
import Threads
import VectorStore

/// `/documents`: the files that answers come from.
struct DocumentsController: Controller {
    let installation: Installation
    let maximumUploadBytes: Int

    private static let downloadPieceBytes = 256 << 10

    func addRoutes(to routes: Routes) {
        routes.post("/documents/upload", rate: .upload, access: .staff, upload)
        routes.get("/documents", access: .signedIn, list)
        routes.post("/documents/reindex", rate: .heavy, access: .roles(.admin, .manager), reindex)
        routes.get("/documents/{document_id}", access: .signedIn, get)
        routes.delete("/documents/{document_id}", access: .staff, delete)
        routes.get("/documents/{document_id}/download", access: .signedIn, download)
        routes.get("/documents/{document_id}/chunks", access: .staff, chunks)
    }

    // MARK: Upload

    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try context.caller
        let form = try await UploadForm.read(
            request, to: installation.files.incomingPath(id: UUIDv7.make(at: .now())),
            limitBytes: maximumUploadBytes, pool: installation.pool)
        let outcome: IntakeOutcome
        do {
            _ = try await installation.intake.format(of: form.file, named: form.filename)
            let upload = try form.upload(by: caller.userID)
            outcome = try await installation.intake.admit(form.file, upload, reader: caller.documentReader)
        } catch {
            installation.files.discard(form.file.path)
            throw error
        }
        switch outcome {
        case .accepted(let document, let job):
            let body = JSONDocument { members in
                members.member("document", DocumentView(document))
                members.member("job", JobView(job))
                members.member("duplicate", false)
            }
            return Response.json(body, status: .accepted).withLocation(DocumentView.path(document.id))
        case .duplicate(let document):
            guard !form.rejectsDuplicates else { throw Problem(.duplicate, existingID: document.id) }
            return Response.json(
                JSONDocument { members in
                    members.member("document", DocumentView(document))
                    members.member("duplicate", true)
                })
        }
    }

    // MARK: Reading

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let reader = try context.caller.documentReader
        let query = try Query.decode(request) { parameters in
            var query = DocumentQuery()
            query.reader = reader
            let page = parameters.page()
            (query.limit, query.offset) = (page.limit, page.offset)
            query.words = parameters.string("q")?.split(whereSeparator: \.isWhitespace).map(String.init) ?? []
            query.statuses = parameters.choices("status", DocumentStatus.self)
            query.documentTypes = parameters.choices("document_type", DocumentType.self).map(\.rawValue)
            query.tags = parameters.strings("tag", 1...40, max: 10)
            query.visibility = parameters.choice("visibility", DocumentVisibility.self)
            query.propertyID = parameters.id("property_id")
            query.clientID = parameters.id("client_id")
            query.transactionID = parameters.id("transaction_id")
            query.sha256 = parameters.string("sha256", 64...64)
            query.createdFromMilliseconds = parameters.timestamp("created_from")?.milliseconds
            query.createdBeforeMilliseconds = parameters.timestamp("created_to")?.milliseconds
            query.sort = parameters.sort(
                DocumentQuery.SortField.Column.allCases.map(\.rawValue), default: "-created_at"
            )
            .compactMap { key in
                DocumentQuery.SortField.Column(rawValue: key.field).map {
                    DocumentQuery.SortField(column: $0, isDescending: key.isDescending)
                }
            }
            return query
        }
        let found = try await installation.database.read { try DocumentCatalog.list(query, in: $0) }
        return .json(
            Page(
                items: found.documents.map(DocumentView.init), total: found.total, limit: query.limit,
                offset: query.offset))
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        let document = try await visible(context)
        return Response.json(DocumentView(document)).withETag(version: document.version)
    }

    private func download(_ request: Request, _ context: APIContext) async throws -> Response {
        let document = try await visible(context)
        let path = installation.files.path(sha256: document.sha256)
        let pool = installation.pool
        let file: FileHandle
        do {
            file = try await pool.run { try FileHandle(forReadingFrom: URL(fileURLWithPath: path)) }
        } catch {
            throw Problem(.internalError)
        }
        var headers = HTTPFields()
        headers[.contentType] = DocumentView.mediaType(document)
        headers[.contentDisposition] = ContentDisposition.attachment(document.filename)
        let body = ResponseBody(contentLength: document.sizeBytes) { writer in
            defer { try? file.close() }
            while let piece = try await pool.run({ try file.read(upToCount: Self.downloadPieceBytes) }), !piece.isEmpty
            {
                try await writer.write(ByteBuffer(bytes: piece))
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body).withETag(version: document.version)
    }

    private func chunks(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try Query.decode(request) { $0.page() }
        let document = try await visible(context)
        guard document.status == .ready else {
            throw Problem(
                .documentNotReady, detail: "Wait until the document is ready.", currentStatus: document.status.rawValue)
        }
        let records = try await installation.collection.records(
            ofDocument: document.id, limit: page.limit, offset: page.offset)
        return .json(
            Page(
                items: records.map(ChunkView.init), total: document.passageCount ?? 0, limit: page.limit,
                offset: page.offset))
    }

    /// The document of the path, if the caller may see it.
    private func visible(_ context: APIContext) async throws -> StoredDocument {
        let id = try context.pathID("document_id")
        var query = DocumentQuery()
        query.reader = try context.caller.documentReader
        query.ids = [id]
        let found = try await installation.database.read { [query] in try DocumentCatalog.list(query, in: $0) }
        guard let document = found.documents.first else { throw Problem.notFound }
        return document
    }

    // MARK: Changing

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try context.caller
        let document = try await visible(context)
        guard caller.role != .agent || document.uploadedBy == caller.userID else { throw Problem(.forbidden) }
        try request.checkIfMatch(version: document.version)
        try await installation.knowledgeBase.remove(document.id)
        if let jobID = document.jobID, !document.status.isSettled {
            // It may have ended meanwhile; then there is nothing to cancel.
            _ = try? await installation.queue.cancel(jobID, now: .now())
        }
        return .noContent
    }

    private func reindex(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try context.caller
        let payload = try await JSONBody.decode(request, context, allowsEmpty: true) { body in
            let scope = body.optional("scope") { $0.choice(ReindexPayload.Scope.self) } ?? .changed
            let ids = body.optional("document_ids") { $0.uniqueArray(1...500) { $0.id() } }
            _ = body.optional("include_knowledge") { $0.bool() }
            let force = body.optional("force") { $0.bool() } ?? false
            if scope == .documents, ids == nil {
                body.violation("document_ids", "required", "is required for scope documents")
            }
            if scope != .documents, ids != nil {
                body.violation("document_ids", "forbidden", "is only allowed with scope documents")
            }
            return ReindexPayload(scope: scope, documentIDs: ids ?? [], force: force)
        }
        try await installation.checkDocuments(
            payload.documentIDs, reader: caller.documentReader, pointer: "/document_ids")
        let now = Timestamp.now()
        let text = try payload.json
        let queue = installation.queue
        let job = try await installation.database.write { transaction in
            guard try !queue.hasUnfinishedJob(.documentReindex, in: transaction) else {
                throw Problem(.reindexInProgress, detail: "Wait for the running reindex, or cancel it.")
            }
            return try queue.enqueue(
                NewJob(.documentReindex, payload: text, subject: JobSubject(.index), createdBy: caller.userID),
                now: now, in: transaction)
        }
        return Response.json(JobView(job), status: .accepted).withLocation(JobView.path(job.id))
    }
}

extension Installation {
    /// Refuses ids of documents that the caller cannot see, without telling whether they exist.
    /// - Parameter pointer: of the list in the body.
    /// - Throws: 422 `unknown_reference` with the pointer of each.
    func checkDocuments(_ ids: [String], reader: DocumentReader, pointer: String) async throws {
        guard !ids.isEmpty else { return }
        var query = DocumentQuery()
        query.reader = reader
        query.ids = ids
        let known = Set(try await database.read { [query] in try DocumentCatalog.ids(query, in: $0) })
        let unknown = ids.enumerated().filter { !known.contains($0.element) }.map {
            FieldError(pointer: "\(pointer)/\($0.offset)", code: "unknown_reference", message: "is not a document")
        }
        guard unknown.isEmpty else { throw Problem(.unknownReference, errors: unknown) }
    }
}

extension Request {
    /// `If-Match: "v3"` must name the current version; absent it is no condition.
    /// - Throws: 412 with the current version.
    func checkIfMatch(version: Int) throws(Problem) {
        guard let field = headers[.ifMatch], field != "*" else { return }
        guard field == "\"v\(version)\"" else { throw Problem(.versionMismatch, currentVersion: version) }
    }
}

extension Identity {
    /// Which documents exist for this caller.
    var documentReader: DocumentReader {
        switch role {
        case .admin, .manager: .all
        case .agent: .staff(userID: userID)
        case .client: .client(clientID: clientID ?? "")
        }
    }
}
