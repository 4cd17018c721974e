import Foundation
import Store
import Synchronization
import Threads

/// Named collections in databases of tenants, all in one SQL database and one folder of index files.
///
/// A collection is opened at its first use and stays open. Thread rule: any task may call anything at any time. Errors:
/// ``VectorStoreError`` and ``StoreError``.
public final class CollectionStore: Sendable {
    public static let defaultTenant = "default_tenant"
    public static let defaultDatabase = "default_database"

    private let database: any Database
    private let folder: String
    private let pool: ThreadPool
    private let now: @Sendable () -> Int64
    private let collections = Mutex<[String: VectorCollection]>([:])
    /// Held while a collection is opened or removed.
    private let opening = AsyncLock()

    /// Opens the store, makes the default tenant and database where they are missing, and ends removals that were begun.
    /// - Parameters:
    ///   - database: has ``VectorStoreSchema/migrations``.
    ///   - folder: where the index files lie; made if missing.
    public static func open(
        database: any Database, folder: String, pool: ThreadPool,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    ) async throws -> CollectionStore {
        try VectorCollection.makeFolder(folder)
        let store = CollectionStore(database: database, folder: folder, pool: pool, now: now)
        try await store.makeDefaults()
        let removed = try await database.read { try CollectionCatalog.removed(in: $0) }
        if !removed.isEmpty {
            // Nobody finds them any more; what is not done when the program ends goes on after the next start.
            Task.detached(priority: .background) { for id in removed { try? await store.removeRecords(of: id) } }
        }
        return store
    }

    private init(
        database: any Database, folder: String, pool: ThreadPool, now: @escaping @Sendable () -> Int64
    ) {
        self.database = database
        self.folder = folder
        self.pool = pool
        self.now = now
    }

    private func makeDefaults() async throws {
        guard try await find(database: Self.defaultDatabase, tenant: Self.defaultTenant) == nil else { return }
        try await createTenant(Self.defaultTenant)
        try await database.write { [now] transaction in
            let nothing = "00000000-0000-0000-0000-000000000000"
            _ = try DatabaseCatalog.insert(
                CollectionDatabase(id: nothing, tenant: Self.defaultTenant, name: Self.defaultDatabase),
                nowMilliseconds: now(), in: transaction)
        }
    }

    // MARK: Tenants and databases

    /// False when it is there already.
    @discardableResult
    public func createTenant(_ name: String) async throws -> Bool {
        try await database.write { [now] in try DatabaseCatalog.insertTenant(name, nowMilliseconds: now(), in: $0) }
    }

    public func tenantExists(_ name: String) async throws -> Bool {
        try await database.read { try DatabaseCatalog.tenantExists(name, in: $0) }
    }

    /// Makes a database; the tenant need not have been made.
    /// - Throws: ``VectorStoreError/nameTaken(name:)``.
    @discardableResult
    public func createDatabase(_ name: String, tenant: String) async throws -> CollectionDatabase {
        let made = CollectionDatabase(id: UUID().uuidString.lowercased(), tenant: tenant, name: name)
        let isNew = try await database.write { [now] transaction in
            try DatabaseCatalog.insert(made, nowMilliseconds: now(), in: transaction)
        }
        guard isNew else { throw VectorStoreError.nameTaken(name: name) }
        return made
    }

    public func find(database name: String, tenant: String) async throws -> CollectionDatabase? {
        try await database.read { try DatabaseCatalog.find(name, tenant: tenant, in: $0) }
    }

    /// A tenant's databases by name.
    public func databases(tenant: String, limit: Int = .max, offset: Int = 0) async throws -> [CollectionDatabase] {
        try await database.read {
            try DatabaseCatalog.list(tenant: tenant, limit: limit, offset: offset, in: $0)
        }
    }

    /// Removes a database with its collections and their records.
    public func removeDatabase(_ name: String, tenant: String) async throws {
        guard let doomed = try await find(database: name, tenant: tenant) else {
            throw VectorStoreError.unknownDatabase(tenant: tenant, name: name)
        }
        try await remove(doomed)
    }

    private func remove(_ doomed: CollectionDatabase) async throws {
        let gone = try await database.write { transaction in
            let gone = try CollectionCatalog.list(in: doomed, limit: .max, offset: 0, transaction)
            for collection in gone { try CollectionCatalog.markRemoved(collection, transaction) }
            try DatabaseCatalog.remove(doomed.id, in: transaction)
            return gone
        }
        for collection in gone { try await finishRemoval(of: collection) }
    }

    /// Removes every tenant, database and collection; the default ones are there again afterwards, empty.
    public func reset() async throws {
        for one in try await database.read({ try DatabaseCatalog.all(in: $0) }) { try await remove(one) }
        try await database.write { try DatabaseCatalog.removeAllTenants(in: $0) }
        try await makeDefaults()
    }

    // MARK: Collections

    /// Makes a collection, or gives the one of this name back as it is.
    /// - Parameters:
    ///   - dimension: 0: the first record fixes it.
    ///   - fingerprint: of the model that makes the vectors; empty where nobody knows.
    ///   - uid: of the new collection, which no other has; nil: a random one.
    /// - Returns: the collection, and whether it was made.
    public func createCollection(
        _ name: String, in database: CollectionDatabase, space: Space = .l2, dimension: Int = 0,
        fingerprint: String = "", metadata: [String: MetadataValue]? = nil, configuration: String? = nil,
        settings: IndexSettings = IndexSettings(), uid: String? = nil
    ) async throws -> (collection: NamedCollection, isNew: Bool) {
        let uid = uid ?? UUID().uuidString.lowercased()
        return try await self.database.write { [now] transaction in
            if let found = try CollectionCatalog.find(name, in: database, transaction) { return (found, false) }
            guard try DatabaseCatalog.find(database.name, tenant: database.tenant, in: transaction) == database else {
                throw VectorStoreError.unknownDatabase(tenant: database.tenant, name: database.name)
            }
            try CollectionCatalog.insert(
                name, in: database, uid: uid, metric: space.metric, dimension: dimension, fingerprint: fingerprint,
                metadata: metadata, configuration: configuration, settings: settings, nowMilliseconds: now(),
                transaction)
            guard let made = try CollectionCatalog.find(uid: uid, in: transaction) else {
                throw VectorStoreError.unknownCollection(name: name)
            }
            return (made, true)
        }
    }

    /// The collection of this name or alias.
    public func collection(_ name: String, in database: CollectionDatabase) async throws -> NamedCollection? {
        try await self.database.read { try CollectionCatalog.find(name, in: database, $0) }
    }

    public func collection(uid: String) async throws -> NamedCollection? {
        try await database.read { try CollectionCatalog.find(uid: uid, in: $0) }
    }

    /// A database's collections in the order of their uids.
    public func collections(
        in database: CollectionDatabase, limit: Int = .max, offset: Int = 0
    ) async throws -> [NamedCollection] {
        try await self.database.read {
            try CollectionCatalog.list(in: database, limit: limit, offset: offset, $0)
        }
    }

    public func countCollections(in database: CollectionDatabase) async throws -> Int {
        try await self.database.read { try CollectionCatalog.count(in: database, $0) }
    }

    /// - Throws: ``VectorStoreError/unknownCollection(name:)``, ``VectorStoreError/nameTaken(name:)``.
    public func change(uid: String, _ change: CollectionChange) async throws {
        try await database.write { transaction in
            guard let found = try CollectionCatalog.find(uid: uid, in: transaction) else {
                throw VectorStoreError.unknownCollection(name: uid)
            }
            try CollectionCatalog.change(found, change, transaction)
        }
        if let efSearch = change.efSearch { collections.withLock { $0[uid] }?.setEfSearch(efSearch) }
    }

    /// Changes a collection's configuration by what it is in the transaction that changes it; nil leaves it.
    /// - Throws: ``VectorStoreError/unknownCollection(name:)``, and what `change` throws.
    public func changeConfiguration(
        uid: String, _ change: @escaping @Sendable (String?) throws -> String?
    ) async throws {
        try await database.write { transaction in
            guard let found = try CollectionCatalog.find(uid: uid, in: transaction) else {
                throw VectorStoreError.unknownCollection(name: uid)
            }
            if let configuration = try change(found.configuration) {
                try CollectionCatalog.change(found, CollectionChange(configuration: configuration), transaction)
            }
        }
    }

    /// Lets `alias` stand for the collection from now on, whatever alias it was before: how users are moved from one
    /// collection to another at one moment.
    /// - Throws: ``VectorStoreError/nameTaken(name:)`` when a collection itself has the name.
    public func setAlias(_ alias: String, ofCollection uid: String) async throws {
        try await database.write { transaction in
            guard let found = try CollectionCatalog.find(uid: uid, in: transaction) else {
                throw VectorStoreError.unknownCollection(name: uid)
            }
            try CollectionCatalog.setAlias(alias, of: found, transaction)
        }
    }

    /// Removes a collection with its records.
    /// - Throws: ``VectorStoreError/unknownCollection(name:)``.
    public func removeCollection(_ name: String, in database: CollectionDatabase) async throws {
        let gone = try await self.database.write { transaction in
            guard let found = try CollectionCatalog.find(name, in: database, transaction) else {
                throw VectorStoreError.unknownCollection(name: name)
            }
            try CollectionCatalog.markRemoved(found, transaction)
            return found
        }
        try await finishRemoval(of: gone)
    }

    private func finishRemoval(of gone: NamedCollection) async throws {
        await opening.withLock {
            let open = collections.withLock { $0.removeValue(forKey: gone.uid) }
            await open?.retire()
        }
        try await removeRecords(of: gone.description.id)
    }

    /// In slices, so that other writers get their turn.
    private func removeRecords(of id: Int64) async throws {
        let slice = VectorCollection.discardSlice
        while try await database.write({ transaction in
            try RecordTable.removeGenerations(except: 0, collection: id, limit: slice, in: transaction)
        }) == slice {}
        try await database.write { try CollectionCatalog.forget(id, in: $0) }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix("\(id)-") {
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }

    /// The records of a collection; the same object for each call.
    /// - Throws: ``VectorStoreError/unknownCollection(name:)``.
    public func open(uid: String) async throws -> VectorCollection {
        if let open = collections.withLock({ $0[uid] }) { return open }
        return try await opening.withLock {
            if let open = collections.withLock({ $0[uid] }) { return open }
            guard let found = try await collection(uid: uid) else {
                throw VectorStoreError.unknownCollection(name: uid)
            }
            let opened = try await VectorCollection.open(
                found.description, forgottenSequence: found.forgottenSequence, database: database, folder: folder,
                pool: pool)
            // Searches are answered from the rows until the index is there.
            Task { try await opened.prepare() }
            collections.withLock { $0[uid] = opened }
            return opened
        }
    }

    /// To be called when the program stops: indexes that are being built are given up soon.
    public func stop() {
        for collection in collections.withLock({ Array($0.values) }) { collection.stop() }
    }

    // MARK: Upkeep

    /// Gives memory and files of indexes back that removed records have left, of the open collections.
    public func compact() async throws {
        for collection in collections.withLock({ Array($0.values) }) { try await collection.compact() }
    }

    /// Leaves nothing of removed vectors in any index file.
    public func purge() async throws {
        for id in try await database.read({ try CollectionCatalog.removed(in: $0) }) {
            try await removeRecords(of: id)
        }
        for uid in try await database.read({ try CollectionCatalog.uids(in: $0) }) {
            try await open(uid: uid).purge()
        }
    }

    /// Proves for every collection that rows and index agree. Returns the problems found, and how many collections and
    /// records there are.
    public func check() async throws -> (problems: [String], collections: Int, records: Int) {
        var (problems, records) = ([String](), 0)
        let uids = try await database.read { try CollectionCatalog.uids(in: $0) }
        for uid in uids {
            let collection = try await open(uid: uid)
            let name = try await self.collection(uid: uid)?.name ?? uid
            if let complaint = collection.indexComplaint { problems.append("the index of \(name) \(complaint)") }
            problems += try await collection.checkIndex().map { "\(name): \($0)" }
            records += try await collection.countRecords()
        }
        return (problems, uids.count, records)
    }

    /// Writes the index files of the open collections.
    public func snapshot() async throws {
        for collection in collections.withLock({ Array($0.values) }) where collection.isIndexReady {
            try await collection.snapshot()
        }
    }
}
