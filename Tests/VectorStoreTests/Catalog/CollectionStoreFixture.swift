import Store
import TestSupport
import Testing
import Threads
import VectorStore

/// A store in a folder of its own, which can be opened twice.
final class CollectionStoreFixture {
    let folder: TemporaryFolder
    let pool = ThreadPool(name: "test", threads: 2)
    let database: SQLiteDatabase
    let store: CollectionStore
    let home: CollectionDatabase

    init(_ folder: TemporaryFolder? = nil) async throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        database = try SQLiteDatabase(path: folder.path + "/test.sqlite", migrations: VectorStoreSchema.migrations)
        store = try await CollectionStore.open(database: database, folder: folder.path + "/index", pool: pool)
        home = try #require(
            await store.find(database: CollectionStore.defaultDatabase, tenant: CollectionStore.defaultTenant))
    }

    deinit { pool.shutDown() }
}
