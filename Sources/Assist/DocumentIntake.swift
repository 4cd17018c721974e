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

    /// The format of an arrived file, by its content; its name only has to agree.
    /// - Throws: ``Ingest/IngestError`` (`emptyFile`, `unsupportedMediaType`, `extensionMismatch`).
    public func format(of file: ArrivedFile, named name: String) async throws -> DocumentFormat {
        try await pool.run {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
            return try FormatSniffer.format(
                of: [UInt8](bytes), fileExtension: FormatSniffer.fileExtension(ofName: Self.sanitized(name)))
        }
    }

    /// Checks the content, stores file, row and job, and returns when all three are on disk. The arrived file is
    /// moved or removed in every case.
    ///
    /// - Parameter reader: whose documents count as duplicates: a twin that the caller may not see is ignored.
    /// - Throws: as ``format(of:named:)``, ``Store/JobQueueError/queueFull(queue:limit:)``, or an error of the store.
    public func admit(
        _ file: ArrivedFile, _ upload: DocumentUpload, reader: DocumentReader
    ) async throws -> IntakeOutcome {
        defer { files.discard(file.path) }
        let filename = Self.sanitized(upload.filename)
        let format = try await format(of: file, named: filename)
        try await pool.run { [files] in try files.sync(file.path) }
        let now = Timestamp.now()
        let id = UUIDv7.make(at: now)
        let collectionID = collection.description.id
        return try await database.write { [queue, files] transaction -> IntakeOutcome in
            // All in one transaction: of equal uploads at the same time one is let in, and removing a document with the
            // same content cannot take the file away in between.
            if let twin = try Self.visibleTwin(of: file.sha256, reader: reader, in: transaction) {
                return IntakeOutcome.duplicate(twin)
            }
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
            // Last, so that a refused upload leaves no file behind.
            try files.keep(file.path, sha256: file.sha256)
            return IntakeOutcome.accepted(document, job)
        }
    }

    /// Ends the wait of a document whose job has ended without it: given up after its last try, or cancelled.
    ///
    /// A document that is evidence already stays so; another is `failed` with the job's reason.
    public func settle(_ id: String) async throws {
        guard let document = try await database.read({ try DocumentCatalog.find(id, in: $0) }),
            !document.status.isSettled
        else { return }
        let job = if let jobID = document.jobID { try await queue.job(jobID) } else { nil as Job? }
        guard job?.status.isFinal ?? true else { return }
        let failure = Self.failure(of: job)
        let now = Timestamp.now().milliseconds
        try await database.write { transaction in
            guard var current = try DocumentCatalog.find(id, in: transaction), current == document else { return }
            current.status = .failed
            current.failure = failure
            current.processedAtMilliseconds = now
            current.updatedAtMilliseconds = now
            try DocumentCatalog.update(current, in: transaction)
        }
    }

    /// ``settle(_:)`` for every document. To be called before work begins: a kill may have come in between.
    public func settleAll() async throws {
        var query = DocumentQuery()
        query.statuses = DocumentStatus.allCases.filter { !$0.isSettled }
        for id in try await database.read({ [query] in try DocumentCatalog.ids(query, in: $0) }) {
            try await settle(id)
        }
    }

    /// Removes files that no document refers to. To be called while nothing is arriving.
    public func removeOrphans() async throws {
        let hashes = try await database.read { try DocumentCatalog.contentHashes(in: $0) }
        try await pool.run { [files] in files.removeOrphans(keeping: hashes) }
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

    private static func visibleTwin(
        of sha256: String, reader: DocumentReader, in transaction: any ReadTransaction
    ) throws -> StoredDocument? {
        var query = DocumentQuery()
        query.reader = reader
        query.sha256 = sha256
        query.sort = [DocumentQuery.SortField(column: .createdAt, isDescending: false)]
        query.limit = 1
        return try DocumentCatalog.list(query, in: transaction).documents.first
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
