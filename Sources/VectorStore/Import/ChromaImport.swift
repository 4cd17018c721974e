import Foundation
import Store
import Threads

/// Takes the collections of a Chroma folder over into a store.
///
/// A record whose id is there already is left as it is, so that an import that was interrupted goes on where it stood, and one
/// that is made again changes nothing. Stored vectors are taken as they are; a record with a text alone is embedded again.
public struct ChromaImport: Sendable {
    private let folder: ChromaFolder
    private let store: CollectionStore
    private let pool: ThreadPool
    /// Put in front of the collections' names.
    public var prefix = ""
    /// Makes vectors of texts, all of one dimension; nil: records without a stored vector are skipped.
    public var embed: (@Sendable ([String]) async throws -> [[Float]])?
    /// The collection's settings in the notation that is kept beside it.
    public var configuration: (@Sendable (ChromaCollection) throws -> String?)?

    public init(_ folder: ChromaFolder, into store: CollectionStore, pool: ThreadPool) {
        self.folder = folder
        self.store = store
        self.pool = pool
    }

    /// How far a collection has come.
    public struct Progress: Sendable {
        public let collection: String
        public let done: Int
        public let total: Int
    }

    /// - Throws: `CancellationError` when the task is cancelled; what is stored by then stays. What goes wrong with one
    ///   collection is told in its report, and the others go on.
    public func run(show: @escaping @Sendable (Progress) -> Void = { _ in }) async throws -> ChromaImportReport {
        var report = ChromaImportReport()
        for collection in try await pool.run({ [folder] in try folder.collections() }) {
            var part = ChromaImportReport.Part(collection, name: prefix + collection.name)
            do {
                try await take(collection, &part, show)
            } catch let error as CancellationError {
                throw error
            } catch {
                part.failure = "\(error)"
            }
            report.collections.append(part)
        }
        return report
    }

    private func take(
        _ source: ChromaCollection, _ part: inout ChromaImportReport.Part, _ show: @Sendable (Progress) -> Void
    ) async throws {
        let target = try await store.open(uid: try await made(for: source).uid)
        let (records, total) = try await pool.run { [folder] in
            let records = try ChromaRecords(of: source, in: folder)
            return (records, try records.count())
        }
        part.complaint = records.complaint
        var done = 0
        while let slice = try await pool.run({ try records.next() }) {
            try Task.checkCancellation()
            try await store(slice, in: target, dimension: source.dimension, &part)
            done += slice.count
            show(Progress(collection: part.name, done: done, total: max(done, total)))
        }
        try await target.settle()
        part.recall = try await RecallSample.measure(target)
    }

    /// The collection that the records go to.
    private func made(for source: ChromaCollection) async throws -> NamedCollection {
        try await store.createTenant(source.tenant)
        var database = try await store.find(database: source.database, tenant: source.tenant)
        if database == nil { database = try await store.createDatabase(source.database, tenant: source.tenant) }
        guard let database else { throw VectorStoreError.unknownDatabase(tenant: source.tenant, name: source.database) }
        let name = prefix + source.name
        let isFree = try await store.collection(uid: source.id) == nil
        let made = try await store.createCollection(
            name, in: database, space: source.space, metadata: source.metadata,
            configuration: try configuration?(source), settings: source.settings, uid: isFree ? source.id : nil)
        let (found, theirs) = (made.collection.description, source.dimension)
        guard found.space == source.space else {
            throw ChromaImportError.otherCollection(
                name: name, detail: "it measures by \(found.space.rawValue), the folder's by \(source.space.rawValue)")
        }
        guard found.dimension == 0 || theirs == 0 || found.dimension == theirs else {
            throw ChromaImportError.otherCollection(
                name: name, detail: "its vectors have \(found.dimension) numbers, the folder's \(theirs)")
        }
        return made.collection
    }

    private func store(
        _ slice: [ChromaRecords.Found], in target: VectorCollection, dimension: Int,
        _ part: inout ChromaImportReport.Part
    ) async throws {
        let present = Set(try await target.records(keys: slice.map(\.id)).map(\.key))
        let new = slice.filter { !present.contains($0.id) }
        part.present += present.count
        var vectors = new.map(\.vector)
        let bare = new.indices.filter { vectors[$0] == nil && new[$0].text != nil }
        if !bare.isEmpty, let embed {
            let made = try await embed(bare.map { new[$0].text ?? "" })
            for (index, vector) in zip(bare, made) where dimension == 0 || vector.count == dimension {
                vectors[index] = vector
                part.embedded += 1
            }
        }
        var records: [NewRecord] = []
        for (record, vector) in zip(new, vectors) {
            guard let vector else {
                part.skip(record.id, record.text == nil ? "it has neither a vector nor a text" : "its vector is lost")
                continue
            }
            guard vector.allSatisfy(\.isFinite) else {
                part.skip(record.id, "its vector has a number that is not finite")
                continue
            }
            let metadata = record.metadata.filter(\.value.isStorable)
            for field in record.metadata.keys where metadata[field] == nil { part.drop(field, of: record.id) }
            records.append(
                NewRecord(key: record.id, text: record.text, metadata: metadata, uri: record.uri, vector: vector))
        }
        if !records.isEmpty { part.stored += try await target.add(records) }
    }
}
