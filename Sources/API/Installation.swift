import Assist
import CRM
import Embedding
import Foundation
import Ingest
import Store
import Threads
import VectorStore

/// Everything that lives in one data folder, put together: the only place where the parts meet.
///
/// ```
/// DATA/owner.lock            who owns the folder now
///      propertypro.sqlite    the one truth: accounts, documents, records, jobs
///      files/                original files by content hash
///      index/                a cache of the vectors; deleting it loses nothing
///      secrets/              the key that signs access tokens
/// ```
public final class Installation: Sendable {
    public let database: any Database
    public let files: DocumentFiles
    public let embedder: Embedder
    public let collection: VectorCollection
    /// Collections that users made.
    public let collections: CollectionStore
    public let knowledgeBase: KnowledgeBase
    public let assistant: Assistant
    public let intake: DocumentIntake
    public let queue: JobQueue
    public let pool: ThreadPool
    public let dataFolder: String
    private let lock: DataFolderLock

    /// Threads for work that blocks: index searches, extraction, file copies.
    private static let poolThreads = 6
    /// Documents worked on at once: while one is read, another is embedded.
    private static let documentJobs = 2

    /// Where `scripts/fetch-models` puts the default model.
    public static var defaultModelFolder: String {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["PROPERTYPRO_MODEL"], !folder.isEmpty { return folder }
        let cache =
            environment["PROPERTYPRO_CACHE"].flatMap { $0.isEmpty ? nil : $0 }
            ?? (environment["HOME"] ?? ".") + "/.cache/propertypro"
        return cache + "/models/all-MiniLM-L6-v2"
    }

    /// Every migration of every module, in the order of first release.
    static let migrations =
        VectorStoreSchema.migrations + JobQueue.migrations + AccountRepository.migrations + WriteProbe.migrations

    /// Takes the folder, opens what is in it or makes it, and starts bringing the index up to date.
    /// - Parameters:
    ///   - purpose: what this process does, for the message that a second process shows.
    ///   - readerProgram: a program that reads files when started with `extract-worker`; by default this one.
    /// - Throws: ``Store/StoreError/locked(folder:owner:)`` within 100 ms when another process owns the folder;
    ///   errors of the model, the database or the collection.
    public static func open(
        dataFolder: String, modelFolder: String, precision: EmbeddingPrecision = .standard, purpose: String,
        readerProgram: String = "/proc/self/exe"
    ) async throws -> Installation {
        let pool = ThreadPool(name: "work", threads: poolThreads)
        do {
            // Whatever this process makes is nobody else's to read.
            umask(0o077)
            let base = try await pool.run {
                let lock = try DataFolderLock(folder: dataFolder, purpose: purpose)
                try JWTSecret.createIfFresh(dataFolder: dataFolder)
                let files = try DocumentFiles(folder: dataFolder + "/files")
                files.discardAllIncoming()
                return (
                    lock, files,
                    try SQLiteDatabase(path: dataFolder + "/propertypro.sqlite", migrations: migrations),
                    try Embedder(modelFolder: modelFolder, precision: precision)
                )
            }
            let (lock, files, database, embedder) = base
            let collection = try await VectorCollection.open(
                name: "documents", dimension: embedder.dimension, fingerprint: embedder.fingerprint,
                database: database, folder: dataFolder + "/index", pool: pool)
            let collections = try await CollectionStore.open(
                database: database, folder: dataFolder + "/index", pool: pool)
            let installation = Installation(
                lock: lock, dataFolder: dataFolder, database: database, files: files, embedder: embedder,
                collection: collection, collections: collections, pool: pool, readerProgram: readerProgram)
            try await installation.intake.settleAll()
            try await installation.intake.removeOrphans()
            return installation
        } catch {
            pool.shutDown()
            throw error
        }
    }

    private init(
        lock: DataFolderLock, dataFolder: String, database: SQLiteDatabase, files: DocumentFiles, embedder: Embedder,
        collection: VectorCollection, collections: CollectionStore, pool: ThreadPool, readerProgram: String
    ) {
        self.lock = lock
        self.dataFolder = dataFolder
        self.database = database
        self.files = files
        self.embedder = embedder
        self.collection = collection
        self.collections = collections
        self.pool = pool
        queue = JobQueue(database: database)
        knowledgeBase = KnowledgeBase(
            collection: collection, embedder: embedder, database: database, files: files,
            worker: ExtractionWorker(executable: readerProgram), pool: pool)
        assistant = Assistant(collection: collection, embedder: embedder, database: database)
        intake = DocumentIntake(
            database: database, files: files, queue: queue, pool: pool, collection: collection)
    }

    /// A worker for the jobs of this folder.
    public func makeWorker(observe: @escaping @Sendable (JobNotice) -> Void = { _ in }) -> JobWorker {
        JobWorker(
            queue: queue,
            handlers: [
                .documentIngest: DocumentJobs.ingest(knowledgeBase),
                .documentReindex: DocumentJobs.reindex(knowledgeBase),
            ],
            concurrency: [.documents: Self.documentJobs],
            observe: { [intake] notice in
                observe(notice)
                // The document's state must not wait for a job that is no more.
                guard case .changed(let job) = notice, job.kind == .documentIngest else { return }
                guard job.status == .failed || job.status == .cancelled else { return }
                Task {
                    do {
                        if let id = job.subject?.id { try await intake.settle(id) }
                    } catch {
                        observe(.problem(jobID: job.id, error))
                    }
                }
            })
    }

    /// Writes the index file, closes the database and gives the folder back. Call once, after all work has ended.
    public func close() async throws {
        defer { pool.shutDown() }
        let embedder = embedder
        try await pool.run { embedder.shutDown() }
        // An index that is not ready is not built for its end; the next start does that.
        if collection.isIndexReady { try await collection.snapshot() }
        try await collections.snapshot()
        try await database.close()
        withExtendedLifetime(lock) {}
    }
}
