import Embedding
import Foundation
import Ingest
import Store
import Threads
import VectorStore

/// How far the ingest of one document has come.
public struct IngestProgress: Sendable, Hashable {
    public var stage: DocumentStatus
    public var done: Int
    /// nil while it is not known.
    public var total: Int?
}

/// What an ingest made of a document.
public struct IngestSummary: Sendable, Hashable {
    public let status: DocumentStatus
    public let pages: Int
    public let rows: Int
    public let passages: Int
    public let characters: Int
    /// Memory peak of the child process that read the file.
    public let workerPeakBytes: Int
}

/// Turns stored files into evidence: extract, split, embed, commit.
///
/// A document's passages, its text and its new state commit in one transaction, so a search sees all of a document
/// or nothing of it, also after a crash. Ingesting again replaces everything and is safe at any time.
///
/// Thread rule: any task may call anything; extraction and splitting run on the given pool, embedding on the
/// embedder's own threads.
public struct KnowledgeBase: Sendable {
    public let collection: VectorCollection
    let embedder: Embedder
    let database: any Database
    let files: DocumentFiles
    let worker: ExtractionWorker
    let pool: ThreadPool
    let now: @Sendable () -> Int64

    /// Version of extraction and splitting together: documents cut by another one count as changed.
    public static let splitterVersion = "1"
    /// Passages embedded between two looks at cancellation.
    private static let embeddingSlice = 64

    public init(
        collection: VectorCollection, embedder: Embedder, database: any Database, files: DocumentFiles,
        worker: ExtractionWorker, pool: ThreadPool,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    ) {
        self.collection = collection
        self.embedder = embedder
        self.database = database
        self.files = files
        self.worker = worker
        self.pool = pool
        self.now = now
    }

    /// Reads, splits, embeds and commits one document.
    ///
    /// A document that was `ready` stays so, with its old passages, until the new ones take their place.
    /// - Throws: ``Ingest/IngestError`` when the file cannot be read (the document is then `failed` with that
    ///   code), `CancellationError`, or an error of the store or the embedder.
    public func ingest(
        _ id: String, isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (IngestProgress) -> Void = { _ in }
    ) async throws -> IngestSummary {
        let before = try await database.read { try DocumentCatalog.find(id, in: $0) }
        do {
            let prepared = try await prepare(id, isCancelled: isCancelled, progress: progress)
            let (processed, text) = (prepared.document, prepared.text)
            try await collection.replaceDocument(id, with: prepared.records) { transaction, generation in
                guard var document = try DocumentCatalog.find(id, in: transaction)?.withOutcome(of: processed) else {
                    throw AssistError.documentGone(id: id)
                }
                document.generation = generation
                try DocumentCatalog.update(document, in: transaction)
                try DocumentCatalog.setText(text, of: id, generation: generation, in: transaction)
            }
            return prepared.summary
        } catch let error as IngestError where error != .cancelled && !error.isRetryable {
            // In tasks of their own: the database drops the calls of a task that was cancelled meanwhile.
            try await Task { try await fail(id, with: error) }.value
            throw error
        } catch {
            // A document that was settled before is so again; a new one waits for its job's next try or end.
            if let before, before.status.isSettled { try await Task { try await restore(before) }.value }
            throw error as? IngestError == .cancelled ? CancellationError() : error
        }
    }

    private func restore(_ before: StoredDocument) async throws {
        try await database.write { transaction in
            guard var document = try DocumentCatalog.find(before.id, in: transaction), !document.status.isSettled else {
                return
            }
            document.status = before.status
            document.failure = before.failure
            try DocumentCatalog.update(document, in: transaction)
        }
    }

    /// Takes a document and all that came of it out, in one transaction; then its file, unless another document has
    /// the same content.
    public func remove(_ id: String) async throws {
        guard let document = try await database.read({ try DocumentCatalog.find(id, in: $0) }) else {
            throw VectorStoreError.unknownDocument(id: id)
        }
        try await collection.removeDocument(id) { try DocumentCatalog.remove(id, in: $0) }
        let (files, sha256) = (files, document.sha256)
        // Arriving files are stored inside a write transaction too: nobody can bring the same content back meanwhile.
        try await database.write { transaction in
            if try DocumentCatalog.find(sha256: sha256, in: transaction).isEmpty { files.remove(sha256: sha256) }
        }
    }

    /// Everything for one document, ready to commit.
    struct Prepared: Sendable {
        var document: StoredDocument
        let text: String
        let records: [NewRecord]
        let summary: IngestSummary
    }

    func prepare(
        _ id: String, isCancelled: @escaping @Sendable () -> Bool,
        progress: @escaping @Sendable (IngestProgress) -> Void
    ) async throws -> Prepared {
        guard let stored = try await database.read({ try DocumentCatalog.find(id, in: $0) }) else {
            throw VectorStoreError.unknownDocument(id: id)
        }
        try await advance(stored, to: .extracting)
        progress(IngestProgress(stage: .extracting, done: 0, total: nil))
        let (worker, path) = (worker, files.path(sha256: stored.sha256))
        let extracted = try await pool.run {
            try worker.extract(path: path, fileName: stored.filename, isCancelled: isCancelled) {
                progress(IngestProgress(stage: .extracting, done: $0.unitsDone, total: $0.unitsTotal))
            }
        }
        try await advance(stored, to: .chunking)
        let (passages, characters) = try await pool.run { [embedder] in
            let splitter = PassageSplitter.standard(for: embedder)
            // Only `ready` documents are evidence: what little text a scan carries is none.
            let isReadable = extracted.document.state == .text
            return (
                isReadable ? splitter.split(extracted.document, title: stored.title) : [],
                extracted.document.text.unicodeScalars.count
            )
        }
        try await advance(stored, to: .embedding)
        let records = try await embed(passages, isCancelled: isCancelled, progress: progress)

        let document = extracted.document
        var new = stored
        new.status = document.state == .needsOCR ? .needsOCR : .ready
        new.failure =
            document.state == .needsOCR
            ? DocumentFailure(
                code: "needs_ocr", detail: "The pages are pictures without text. Upload a version with text.",
                retryable: false) : nil
        new.warnings = Array(Set(document.warnings.map(\.kind.rawValue))).sorted()
        new.pageCount = document.format == .pdf ? document.pageCount : nil
        new.rowCount = document.format == .csv ? document.rowCount : nil
        new.characterCount = characters
        new.passageCount = records.count
        new.generation = collection.description.generation
        new.embeddingModel = embedder.fingerprint
        new.splitter = Self.splitterVersion
        new.processedAtMilliseconds = now()
        new.updatedAtMilliseconds = now()
        return Prepared(
            document: new, text: document.text, records: records,
            summary: IngestSummary(
                status: new.status, pages: document.pageCount, rows: document.rowCount, passages: records.count,
                characters: characters, workerPeakBytes: extracted.usage.peakMemoryBytes))
    }

    private func embed(
        _ passages: [Passage], isCancelled: @Sendable () -> Bool,
        progress: @Sendable (IngestProgress) -> Void
    ) async throws -> [NewRecord] {
        var records: [NewRecord] = []
        records.reserveCapacity(passages.count)
        var start = 0
        while start < passages.count {
            progress(IngestProgress(stage: .embedding, done: start, total: passages.count))
            if isCancelled() { throw CancellationError() }
            let slice = passages[start..<min(start + Self.embeddingSlice, passages.count)]
            let vectors = try await embedder.embed(
                slice.map(\.textToEmbed), purpose: .passage, priority: .bulk)
            for (passage, vector) in zip(slice, vectors) { records.append(passage.record(vector: vector)) }
            start += slice.count
        }
        progress(IngestProgress(stage: .embedding, done: passages.count, total: passages.count))
        return records
    }

    /// Shows where the work stands. A document that is evidence already keeps its state until it is replaced.
    private func advance(_ document: StoredDocument, to status: DocumentStatus) async throws {
        guard document.status != .ready else { return }
        let (id, now) = (document.id, now())
        try await database.write { transaction in
            guard var current = try DocumentCatalog.find(id, in: transaction) else {
                throw AssistError.documentGone(id: id)
            }
            current.status = status
            current.failure = nil
            current.updatedAtMilliseconds = now
            try DocumentCatalog.update(current, in: transaction)
        }
    }

    /// A document that cannot be read is no evidence: its passages go with its new state.
    private func fail(_ id: String, with error: IngestError) async throws {
        let (failure, now) = (Self.failure(error), now())
        try await collection.replaceDocument(id, with: []) { transaction, _ in
            guard var document = try DocumentCatalog.find(id, in: transaction) else { return }
            document.status = .failed
            document.failure = failure
            document.passageCount = 0
            document.processedAtMilliseconds = now
            document.updatedAtMilliseconds = now
            try DocumentCatalog.update(document, in: transaction)
        }
    }

    static func failure(_ error: IngestError) -> DocumentFailure {
        DocumentFailure(code: error.code, detail: error.description, retryable: error.isRetryable)
    }
}
