import Foundation
import Ingest
import Store
import Threads
import VectorStore

/// What comes with a file: names, visibility, links.
public struct DocumentUpload: Sendable {
    /// As the sender named it; only its last component and its extension are used, never as a path.
    public var filename: String
    public var title: String?
    public var documentType: String?
    public var tags: [String] = []
    public var visibility = DocumentVisibility.brokerage
    public var language: String?
    public var propertyID: String?
    public var clientID: String?
    public var transactionID: String?
    public var uploadedBy: String

    public init(filename: String, uploadedBy: String) {
        self.filename = filename
        self.uploadedBy = uploadedBy
    }
}

/// A file that arrived whole in ``DocumentFiles/incomingPath(id:)``.
public struct ArrivedFile: Sendable {
    public let path: String
    public let sizeBytes: Int
    /// Lower-case hex.
    public let sha256: String

    public init(path: String, sizeBytes: Int, sha256: String) {
        self.path = path
        self.sizeBytes = sizeBytes
        self.sha256 = sha256
    }
}

/// What became of an arrived file.
public enum IntakeOutcome: Sendable {
    /// Stored and queued: row, job and file are on disk.
    case accepted(StoredDocument, Job)
    /// The caller can see a document with the same content already.
    case duplicate(StoredDocument)
}

/// The door of the knowledge base: decides whether a file is let in, and makes its arrival durable.
public struct DocumentIntake: Sendable {
    let database: any Database
    let files: DocumentFiles
    let queue: JobQueue
    let pool: ThreadPool
    let collection: VectorCollection

    public init(
        database: any Database, files: DocumentFiles, queue: JobQueue, pool: ThreadPool,
        collection: VectorCollection
    ) {
        self.database = database
        self.files = files
        self.queue = queue
        self.pool = pool
        self.collection = collection
    }

    /// Checks the content, stores file, row and job, and returns when all three are on disk. The arrived file is
    /// moved or removed in every case.
    ///
    /// - Parameter reader: whose documents count as duplicates: a twin that the caller may not see is ignored.
    /// - Throws: ``Ingest/IngestError`` (`emptyFile`, `unsupportedMediaType`, `extensionMismatch`),
    ///   ``Store/JobQueueError/queueFull(queue:limit:)``, or an error of the store.
    public func admit(_ file: ArrivedFile, _ upload: DocumentUpload, reader: DocumentReader) async throws
        -> IntakeOutcome
    {
        defer { files.discard(file.path) }
        let filename = Self.sanitized(upload.filename)
        let format = try await pool.run {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
            return try FormatSniffer.format(
                of: [UInt8](bytes), fileExtension: FormatSniffer.fileExtension(ofName: filename))
        }
        if let twin = try await visibleTwin(of: file.sha256, reader: reader) { return .duplicate(twin) }
        let now = Timestamp.now()
        let id = UUIDv7.make(at: now)
        let collectionID = collection.description.id
        let outcome = try await database.write { [queue, files] transaction in
            // Inside the transaction, so that removing a document with the same content cannot take the file away.
            try files.keep(file.path, sha256: file.sha256)
            let job = try queue.enqueue(
                NewJob(
                    .documentIngest, payload: try IngestPayload(documentID: id).json,
                    subject: JobSubject(.document, id: id), createdBy: upload.uploadedBy),
                now: now, in: transaction)
            let document = StoredDocument(
                id: id, title: upload.title ?? Self.title(of: filename), filename: filename,
                format: format.rawValue, sizeBytes: file.sizeBytes, sha256: file.sha256,
                documentType: upload.documentType, tags: upload.tags, visibility: upload.visibility,
                language: upload.language, propertyID: upload.propertyID, clientID: upload.clientID,
                transactionID: upload.transactionID, uploadedBy: upload.uploadedBy, jobID: job.id,
                createdAtMilliseconds: now.milliseconds)
            try DocumentCatalog.insert(document, collection: collectionID, in: transaction)
            return IntakeOutcome.accepted(document, job)
        }
        queue.wake()
        return outcome
    }

    /// Ends the wait for documents whose job has ended without them: given up after its last try, or cancelled.
    ///
    /// A document that is evidence already stays so; the others are `failed` with the job's reason. To be called at the
    /// start and whenever an ingest job has failed or was cancelled.
    public func settleAbandoned() async throws {
        var query = DocumentQuery()
        query.statuses = DocumentStatus.allCases.filter { !$0.isSettled }
        let waiting = try await database.read { [query] transaction in
            try DocumentCatalog.ids(query, in: transaction).compactMap {
                try DocumentCatalog.find($0, in: transaction)
            }
        }
        for document in waiting {
            let job = if let id = document.jobID { try await queue.job(id) } else { nil as Job? }
            if let job, !job.status.isFinal { continue }
            let failure = Self.failure(of: job)
            let now = Timestamp.now().milliseconds
            try await database.write { transaction in
                guard var current = try DocumentCatalog.find(document.id, in: transaction), current == document else {
                    return
                }
                current.status = .failed
                current.failure = failure
                current.processedAtMilliseconds = now
                current.updatedAtMilliseconds = now
                try DocumentCatalog.update(current, in: transaction)
            }
        }
    }

    private static func failure(of job: Job?) -> DocumentFailure {
        if job?.status == .cancelled {
            return DocumentFailure(
                code: "cancelled", detail: "Processing was cancelled. Reindex the document to process it.",
                retryable: true)
        }
        return DocumentFailure(
            code: job?.error?.code ?? "internal_error",
            detail: job?.error?.detail ?? "Processing ended early. Reindex the document to process it.", retryable: true
        )
    }

    private func visibleTwin(of sha256: String, reader: DocumentReader) async throws -> StoredDocument? {
        var query = DocumentQuery()
        query.reader = reader
        query.sha256 = sha256
        query.sort = [DocumentQuery.SortField(column: .createdAt, isDescending: false)]
        query.limit = 1
        return try await database.read { [query] in try DocumentCatalog.list(query, in: $0).documents.first }
    }

    /// The last component of a name without control characters, at most 255 scalars; `document` when nothing is left.
    public static func sanitized(_ name: String) -> String {
        let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        var kept = String.UnicodeScalarView()
        for scalar in last.unicodeScalars where scalar.properties.generalCategory != .control { kept.append(scalar) }
        let trimmed = String(kept).trimmingCharacters(in: .whitespacesAndNewlines)
        guard trimmed.unicodeScalars.count > 255 else {
            return trimmed.isEmpty || trimmed == "." ? "document" : trimmed
        }
        // The end carries the extension, so the middle goes.
        return String(trimmed.unicodeScalars.prefix(200)) + String(trimmed.unicodeScalars.suffix(55))
    }

    /// The name without its extension, underscores as spaces.
    static func title(of filename: String) -> String {
        let stem = filename.lastIndex(of: ".").map { filename[..<$0] } ?? filename[...]
        let words = stem.replacing("_", with: " ").trimmingCharacters(in: .whitespaces)
        return words.isEmpty ? filename : words
    }
}

/// What an ingest job carries.
public struct IngestPayload: Sendable, Codable {
    public let documentID: String

    enum CodingKeys: String, CodingKey { case documentID = "document_id" }

    public init(documentID: String) {
        self.documentID = documentID
    }

    public var json: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }
}
