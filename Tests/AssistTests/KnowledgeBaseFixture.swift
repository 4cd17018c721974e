import Embedding
import Foundation
import Ingest
import Store
import TestSupport
import Testing
import Threads
import VectorStore

@testable import Assist

/// A knowledge base in a folder of its own, with the real model and the real reader.
final class KnowledgeBaseFixture {
    let folder: TemporaryFolder
    let database: SQLiteDatabase
    let files: DocumentFiles
    let embedder: Embedder
    let collection: VectorCollection
    let knowledgeBase: KnowledgeBase
    let assistant: Assistant
    let intake: DocumentIntake
    private let pool = ThreadPool(name: "test", threads: 3)

    init() async throws {
        folder = try TemporaryFolder()
        files = try DocumentFiles(folder: folder.path + "/files")
        database = try SQLiteDatabase(
            path: folder.path + "/test.sqlite", migrations: VectorStoreSchema.migrations + JobQueue.migrations)
        let modelFolder = BuiltProgram.modelFolder
        embedder = try await pool.run { try Embedder(modelFolder: modelFolder) }
        collection = try await VectorCollection.open(
            name: "documents", dimension: embedder.dimension, fingerprint: embedder.fingerprint, database: database,
            folder: folder.path + "/index", pool: pool)
        try await collection.prepare()
        let program = try #require(BuiltProgram.path, "the program is not built beside the tests")
        knowledgeBase = KnowledgeBase(
            collection: collection, embedder: embedder, database: database, files: files,
            worker: ExtractionWorker(executable: program), pool: pool)
        assistant = Assistant(collection: collection, embedder: embedder, database: database)
        intake = DocumentIntake(
            database: database, files: files, queue: JobQueue(database: database), pool: pool, collection: collection)
    }

    /// Lets a file in and returns its document's id, not yet ingested.
    func admit(_ bytes: [UInt8], name: String, by user: String = "user-1") async throws -> String {
        let path = files.incomingPath(id: UUIDv7.make())
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let hash = bytes.reduce(into: UInt64(14_695_981_039_346_656_037)) {
            $0 = ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        let sha256 = String(repeating: String(format: "%016lx", hash), count: 4)
        let file = ArrivedFile(path: path, sizeBytes: bytes.count, sha256: sha256)
        switch try await intake.admit(file, DocumentUpload(filename: name, uploadedBy: user), reader: .all) {
        case .accepted(let document, _), .duplicate(let document): return document.id
        }
    }

    func add(_ text: String, name: String) async throws -> String {
        let id = try await admit(Array(text.utf8), name: name)
        _ = try await knowledgeBase.ingest(id)
        return id
    }

    func addExample(_ name: String) async throws -> String {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: BuiltProgram.example(name))))
        let id = try await admit(bytes, name: name)
        _ = try await knowledgeBase.ingest(id)
        return id
    }

    /// The same knowledge base with another program to read files.
    func knowledgeBase(reader: String) -> KnowledgeBase {
        KnowledgeBase(
            collection: collection, embedder: embedder, database: database, files: files,
            worker: ExtractionWorker(executable: reader), pool: pool)
    }

    func document(_ id: String) async throws -> StoredDocument? {
        try await database.read { try DocumentCatalog.find(id, in: $0) }
    }

    deinit { pool.shutDown() }
}
