import Foundation
import Store
import TestSupport
import Threads
import VectorStore

/// A collection of short vectors in a folder of its own, which can be closed and opened again.
final class CollectionFixture {
    static let dimension = 8
    let folder: TemporaryFolder
    let pool = ThreadPool(name: "test", threads: 2)
    private(set) var database: SQLiteDatabase
    private(set) var collection: VectorCollection

    init() async throws {
        folder = try TemporaryFolder()
        (database, collection) = try await Self.open(folder.path, pool, fingerprint: "model-a")
        try await collection.prepare()
    }

    /// Opens the folder again; `snapshot` as an orderly end would, without it as after a crash.
    func reopen(snapshot: Bool, fingerprint: String = "model-a", prepare: Bool = true) async throws {
        if snapshot { try await collection.snapshot() }
        try await database.close()
        (database, collection) = try await Self.open(folder.path, pool, fingerprint: fingerprint)
        if prepare { try await collection.prepare() }
    }

    var indexFiles: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/index")) ?? []
        return names.filter { $0.hasSuffix(".hnsw") }.sorted().map { folder.path + "/index/" + $0 }
    }

    func add(_ id: String, _ records: [NewRecord]) async throws {
        let collectionID = collection.description.id
        try await collection.replaceDocument(id, with: records) { transaction, _ in
            guard try DocumentCatalog.find(id, in: transaction) == nil else { return }
            try DocumentCatalog.insert(Self.document(id), collection: collectionID, in: transaction)
        }
    }

    static func record(_ key: String, _ text: String, _ vector: [Float]) -> NewRecord {
        NewRecord(key: key, text: text, context: "Guide", metadata: ["page": .integer(1)], vector: vector)
    }

    static func document(_ id: String) -> StoredDocument {
        var document = StoredDocument(
            id: id, title: "Title of \(id)", filename: "\(id).pdf", format: "pdf", sizeBytes: 10,
            sha256: String(repeating: "a", count: 64), documentType: "legal", tags: ["Waterfront"],
            visibility: .brokerage, language: "en", propertyID: nil, clientID: nil, transactionID: nil,
            uploadedBy: "user-1", jobID: nil, createdAtMilliseconds: 1_000)
        document.status = .ready
        return document
    }

    private static func open(
        _ path: String, _ pool: ThreadPool, fingerprint: String
    ) async throws -> (SQLiteDatabase, VectorCollection) {
        let database = try SQLiteDatabase(path: path + "/test.sqlite", migrations: VectorStoreSchema.migrations)
        let collection = try await VectorCollection.open(
            name: "documents", dimension: dimension, fingerprint: fingerprint, database: database,
            folder: path + "/index", pool: pool)
        return (database, collection)
    }

    deinit { pool.shutDown() }
}
