import Synchronization
import VectorStore

/// The schemas of collections, which grow with the keys of their records.
final class ChromaSchemas: Sendable {
    private let store: CollectionStore
    /// Keys that a collection's schema is known to have.
    private let known = Mutex<[String: Set<ChromaKey>]>([:])
    /// Schemas as read from configurations, by the collections' uids.
    private let read = Mutex<[String: (configuration: String, schema: ChromaSchema?)]>([:])

    init(store: CollectionStore) {
        self.store = store
    }

    /// nil where it is the one that every collection begins with.
    func schema(of collection: NamedCollection) throws -> ChromaSchema? {
        guard let configuration = collection.configuration else { return nil }
        if let found = read.withLock({ $0[collection.uid] }), found.configuration == configuration {
            return found.schema
        }
        let schema = try ChromaConfiguration(stored: configuration).schema
        read.withLock { $0[collection.uid] = (configuration, schema) }
        return schema
    }

    /// To be called when a collection is no more.
    func forget(_ uid: String) {
        known.withLock { $0[uid] = nil }
        read.withLock { $0[uid] = nil }
    }

    /// Takes the keys of new records up.
    func discover(_ keys: Set<ChromaKey>, in collection: NamedCollection) async throws {
        let uid = collection.uid
        guard known.withLock({ !keys.isSubset(of: $0[uid] ?? []) }) else { return }
        try await store.changeConfiguration(uid: uid) { stored in
            var configuration = try ChromaConfiguration(stored: stored)
            let before = configuration.schema
            var schema = before ?? ChromaSchema()
            schema.discover(keys)
            guard schema != before else { return nil }
            configuration.schema = schema
            return try configuration.encoded()
        }
        known.withLock { $0[uid, default: []].formUnion(keys) }
    }
}
