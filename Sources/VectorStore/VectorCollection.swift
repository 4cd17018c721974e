import Foundation
import Store
import Synchronization
import Threads
import VectorIndex

/// A durable set of records (text, metadata, vector) that can be searched by meaning and by words.
///
/// Records commit with the document they were cut from, in one database transaction; the index over the
/// vectors is a cache that follows the rows (``IndexCache``). A call that changes records returns when the
/// change is on disk and visible to searches.
///
/// Thread rule: any task may call anything at any time. Errors: ``VectorStoreError`` and ``StoreError``.
public final class VectorCollection: Sendable {
    private let database: any Database
    private let folder: String
    private let pool: ThreadPool
    private let current: Mutex<Current>
    private let opening = AsyncLock()
    private let stopFlag: StopFlag

    private struct Current {
        var description: CollectionDescription
        /// nil as long as no record has fixed the dimension.
        var index: IndexCache?
    }

    /// Opens or creates the collection. Reading or rebuilding the index goes on in the background of
    /// ``prepare()``; searches are answered meanwhile from the rows.
    /// - Parameters:
    ///   - folder: where the index files lie; made if missing.
    ///   - fingerprint: of the model that makes the vectors.
    /// - Throws: ``VectorStoreError/modelMismatch(collection:expected:found:)`` when the records were made by another model.
    public static func open(
        name: String, dimension: Int, metric: Metric = .cosine, fingerprint: String, database: any Database,
        folder: String, pool: ThreadPool, nowMilliseconds: Int64 = Int64(Date().timeIntervalSince1970 * 1000)
    ) async throws -> VectorCollection {
        try makeFolder(folder)
        let found = try await database.write { transaction in
            try CollectionCatalog.open(
                name: name, dimension: dimension, metric: metric, fingerprint: fingerprint,
                nowMilliseconds: nowMilliseconds, in: transaction)
        }
        return try await open(
            found.description, forgottenSequence: found.forgottenSequence, database: database, folder: folder,
            pool: pool)
    }

    /// Opens a collection that the catalog has.
    static func open(
        _ description: CollectionDescription, forgottenSequence: Int64, database: any Database, folder: String,
        pool: ThreadPool
    ) async throws -> VectorCollection {
        let last = try await database.read { try RecordTable.lastSequence(in: $0) }
        try await pool.run { IndexCache.removeOtherGenerations(than: description, in: folder) }
        let collection = VectorCollection(description: description, database: database, folder: folder, pool: pool)
        try await collection.openIndex(forgottenSequence: forgottenSequence, lastSequence: last)
        if try await database.read({ try RecordTable.holdsOtherGenerations(of: description, in: $0) }) {
            try await collection.discardRebuild()
        }
        return collection
    }

    static func makeFolder(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw VectorStoreError.file(path: folder, operation: "create", reason: error.localizedDescription)
        }
    }

    /// Lets go of the index and removes its file, for a collection that is no more.
    func retire() async {
        stop()
        await index?.retire()
    }

    private init(description: CollectionDescription, database: any Database, folder: String, pool: ThreadPool) {
        stopFlag = StopFlag()
        current = Mutex(Current(description: description, index: nil))
        self.database = database
        self.folder = folder
        self.pool = pool
    }

    var index: IndexCache? { current.withLock { $0.index } }

    /// Reads the index file, or begins an index without one, where the dimension is known and none is there.
    private func openIndex(forgottenSequence: Int64, lastSequence: Int64) async throws {
        try await opening.withLock {
            let collection = description
            guard index == nil, collection.dimension > 0 else { return }
            let index = try await pool.run { [folder, database, pool, stopFlag] in
                try IndexCache(
                    collection: collection, forgottenSequence: forgottenSequence, lastSequence: lastSequence,
                    folder: folder, database: database, pool: pool, isStopping: { stopFlag.isRaised })
            }
            current.withLock { $0.index = index }
        }
    }

    public var description: CollectionDescription { current.withLock { $0.description } }

    /// Whether vector searches use the index already.
    public var isIndexReady: Bool { index?.isReady ?? true }

    /// Why the index file was set aside when the collection was opened; nil when all was well.
    public var indexComplaint: String? { index?.complaint }

    /// Number of vectors that searches can find.
    public var count: Int { index?.count ?? 0 }

    /// Brings the index up to date. Returns when searches use it.
    /// - Throws: `CancellationError` as well, when the task is cancelled or ``stop()`` is called while an index is built.
    public func prepare() async throws {
        try await index?.prepare()
    }

    /// Returns when every vector has its place in the graph and no removed one has: for after a load of many records, of
    /// which searches till then compare those without a place one by one. Goes on in the background anyway.
    public func settle() async throws {
        try await index?.settle()
    }

    /// ``IndexSettings/efSearch``, from now on.
    func setEfSearch(_ width: Int) { current.withLock { $0.description.settings.efSearch = width } }

    /// To be called when the program stops: an index that is being read or built is given up soon, and none is begun.
    /// Changes are still taken; searches find them in the rows, and the next start builds the index.
    public func stop() {
        stopFlag.raise()
    }

    // MARK: Changing

    /// Runs `body` in a transaction and returns when searches see what it did. It is told the collection as of that
    /// transaction, whose dimension the first of `vectors` fixes where none is fixed yet.
    func change<T: Sendable>(
        vectors: [[Float]],
        _ body: @escaping @Sendable (CollectionDescription, any WriteTransaction) throws -> T
    ) async throws -> T {
        let known = description
        let dimension = vectors.first?.count
        let (result, collection) = try await database.write { transaction in
            // A rebuild may have switched generations before this transaction's turn, or another fixed the dimension.
            let collection = try CollectionCatalog.settled(known, dimension: dimension, in: transaction)
            return (try body(collection, transaction), collection)
        }
        // The commit stands: whoever is cancelled now must not leave the index behind.
        try await Task {
            if index == nil, collection.dimension > 0 {
                current.withLock { if $0.index == nil { $0.description = collection } }
                try await openIndex(forgottenSequence: 0, lastSequence: .max)
                do { try await index?.prepare() } catch is CancellationError where stopFlag.isRaised {}
            }
            try await index?.catchUp()
        }.value
        return result
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (any ReadTransaction) throws -> T) async throws -> T {
        try await database.read(body)
    }

    /// Runs `body` on one moment of the collection, rows and index together. Where a change has reached the one and not yet
    /// the other, the index is brought up to date and `body` runs again.
    func snapshot<T: Sendable>(_ body: @escaping @Sendable (CollectionSnapshot) throws -> T) async throws -> T {
        while true {
            let (collection, index) = current.withLock { ($0.description, $0.index) }
            do {
                return try await database.read { transaction in
                    try body(CollectionSnapshot(of: collection, index: index, in: transaction))
                }
            } catch is IndexMoved {
                try Task.checkCancellation()
                try await index?.catchUp()
                await Task.yield()
            }
        }
    }

    /// Runs `body` on the collection as a change sees it: by the index where it is up to date, else by the rows.
    func snapshot<T>(
        _ collection: CollectionDescription, in transaction: any WriteTransaction,
        _ body: (CollectionSnapshot) throws -> T
    ) throws -> T {
        let snapshot = try CollectionSnapshot(of: collection, index: index, in: transaction)
        do { return try body(snapshot) } catch is IndexMoved { return try body(snapshot.withoutIndex) }
    }

    /// Puts `records` in the place of all that the document had before, in one transaction with `body`.
    ///
    /// - Parameter body: more to commit or abort together, such as the document's own row; it is told the generation
    ///   that the records join, and runs between the removal of the old records and the insertion of the new ones.
    /// - Throws: ``VectorStoreError/dimensionMismatch(collection:expected:found:)`` or
    ///   ``VectorStoreError/badVector(collection:detail:)`` before anything changes.
    public func replaceDocument(
        _ documentID: String, with records: [NewRecord],
        and body: @escaping @Sendable (any WriteTransaction, _ generation: Int) throws -> Void
    ) async throws {
        try await change(vectors: records.map(\.vector)) { collection, transaction in
            try Self.validate(records, for: collection)
            try RecordTable.remove(
                documentID: documentID, generation: collection.generation, collection: collection.id, in: transaction)
            try body(transaction, collection.generation)
            try RecordTable.insert(
                records, documentID: documentID, collection: collection.id, generation: collection.generation,
                in: transaction)
        }
    }

    /// Takes out all records of a document, in one transaction with `body`.
    public func removeDocument(
        _ documentID: String, and body: @escaping @Sendable (any WriteTransaction) throws -> Void
    ) async throws {
        try await change(vectors: []) { collection, transaction in
            try RecordTable.remove(
                documentID: documentID, generation: nil, collection: collection.id, in: transaction)
            try body(transaction)
        }
    }

    /// Refuses what the collection could not hold, before anything is stored.
    static func validate(_ records: [NewRecord], for collection: CollectionDescription) throws {
        for record in records {
            try validate(vector: record.vector, metadata: record.metadata, of: record.key, for: collection)
        }
    }

    static func validate(_ changes: [RecordChange], for collection: CollectionDescription) throws {
        for change in changes {
            try validate(
                vector: change.vector, metadata: change.metadata.compactMapValues { $0 }, of: change.key,
                for: collection)
        }
    }

    private static func validate(
        vector: [Float]?, metadata: [String: MetadataValue], of key: String, for collection: CollectionDescription
    ) throws {
        if let vector {
            guard vector.count == collection.dimension else {
                throw VectorStoreError.dimensionMismatch(
                    collection: collection.name, expected: collection.dimension, found: vector.count)
            }
            guard vector.allSatisfy(\.isFinite) else {
                throw VectorStoreError.badVector(
                    collection: collection.name, detail: "record \(key) has a number that is not finite")
            }
        }
        for (field, value) in metadata where !value.isStorable {
            throw VectorStoreError.badMetadata(collection: collection.name, key: key, field: field)
        }
    }

    // MARK: Rebuilding

    /// Stores a document's records for the generation after the current one, in one transaction with `body`.
    /// Searches do not see them before ``finishRebuild(and:)``.
    public func stageDocument(
        _ documentID: String, with records: [NewRecord],
        and body: @escaping @Sendable (any WriteTransaction) throws -> Void
    ) async throws {
        let collection = description
        try Self.validate(records, for: collection)
        try await database.write { transaction in
            try body(transaction)
            try RecordTable.remove(
                documentID: documentID, generation: collection.generation + 1, collection: collection.id,
                in: transaction)
            try RecordTable.insert(
                records, documentID: documentID, collection: collection.id, generation: collection.generation + 1,
                in: transaction)
        }
    }

    /// Throws away what is left of other generations: of a rebuild that did not finish, or of the one before.
    public func discardRebuild() async throws {
        let collection = description
        while true {
            let removed = try await database.write { transaction in
                let generation = try CollectionCatalog.generation(of: collection.id, in: transaction)
                try DocumentCatalog.removeTexts(exceptGeneration: generation, in: transaction)
                return try RecordTable.removeGenerations(
                    except: generation, collection: collection.id, limit: Self.discardSlice, in: transaction)
            }
            if removed < Self.discardSlice { break }
        }
        // The index passes over them as removed records, as soon as it is asked.
        try await index?.catchUp()
    }

    /// Records removed in one transaction, so that other writers get their turn.
    static let discardSlice = 500

    /// Points searches at the staged generation: builds its index beside the old one, then flips in one
    /// transaction with `body`, which may throw to refuse. The old generation goes afterwards, so that a search that
    /// is under way finds what it began with. A cancelled task gives the build up; the staged generation stays.
    public func finishRebuild(and body: @escaping @Sendable (any WriteTransaction) throws -> Void) async throws {
        // A collection without records has nothing staged.
        guard let old = index else { return try await database.write(body) }
        let before = old.collection
        var after = before
        after.generation += 1
        let new = try IndexCache(emptyFor: after, folder: folder, database: database, pool: pool)
        try await new.prepare()
        try await database.write { [after] transaction in
            try body(transaction)
            try CollectionCatalog.setGeneration(after.generation, of: before.id, in: transaction)
        }
        current.withLock { $0 = Current(description: new.collection, index: new) }
        // From here on nothing may be left undone: the caller's cancellation counts no more.
        try await Task {
            await old.retire()
            try await new.activate()
            try await self.discardRebuild()
            try await new.snapshot()
        }.value
    }

    // MARK: Searching

    /// The `k` matching records whose vectors are nearest to `query`, best first; min(k, matches) of them. For what is to be
    /// read by people: exact up to 20,000 matches, which takes a millisecond of the ten that an answer takes. What a walk
    /// misses shows: over the 11,040 passages of the brokerage corpus it lost one of 90 questions from the first five.
    public func nearest(
        to query: [Float], k: Int, matching filter: RecordFilter = RecordFilter()
    ) async throws -> VectorHits {
        let query = VectorQuery([query], limit: k, filter: filter, exactUpTo: 20_000)
        return try await snapshot { snapshot in
            let found = try snapshot.nearest(query)
            return VectorHits(records: found.hits.first ?? [], plan: found.plan)
        }
    }

    /// The best `limit` matching records that hold any of `terms`, by BM25, best first.
    public func matching(
        anyOf terms: [String], limit: Int, matching filter: RecordFilter = RecordFilter()
    ) async throws -> [ScoredRecord] {
        let collection = description
        return try await database.read { transaction in
            try KeywordIndex.search(terms, limit: limit, filter: filter, collection: collection, in: transaction)
        }
    }

    /// What each word weighs in ``matching(anyOf:limit:matching:)``: BM25's inverse document frequency, above 0.
    ///
    /// A record of mean length that holds a word once scores that word's weight.
    public func termWeights(_ terms: [String]) async throws -> [Double] {
        try await database.read { try KeywordIndex.weights(of: terms, in: $0) }
    }

    /// The scores that these records would have in ``nearest(to:k:matching:)``. Records that are gone are left out.
    public func scores(of ids: [Int64], against query: [Float]) async throws -> [ScoredRecord] {
        let collection = description
        return try await database.read { transaction in
            try ids.compactMap { id in
                try RecordTable.vector(of: id, dimension: collection.dimension, in: transaction).map { vector in
                    let distance = collection.metric.distance(query, vector)
                    return ScoredRecord(id: id, score: collection.metric.score(fromDistance: distance))
                }
            }
        }
    }

    /// The records with these ids that still exist, in the order asked for.
    public func records(_ ids: [Int64]) async throws -> [Record] {
        try await database.read { try RecordTable.fetch(ids, in: $0) }
    }

    /// A document's records of the current generation, in order.
    public func records(ofDocument id: String, limit: Int = .max, offset: Int = 0) async throws -> [Record] {
        let generation = description.generation
        return try await database.read {
            try RecordTable.fetch(documentID: id, generation: generation, limit: limit, offset: offset, in: $0)
        }
    }

    // MARK: Upkeep

    /// Writes the index file, so that the next opening replays little.
    public func snapshot() async throws {
        try await index?.snapshot()
    }

    /// Gives memory and file of the index back that removed records have left.
    public func compact() async throws {
        try await index?.compact()
    }

    /// Leaves nothing of removed vectors in the index's file; the rows are the database's.
    public func purge() async throws {
        try await prepare()
        try await index?.purge()
    }

    /// Proves that rows, full text and index agree. Returns the problems found.
    public func check() async throws -> [String] {
        let text = try await database.write { try $0.checkText(index: VectorStoreSchema.textIndex) }
        return try await text + checkIndex()
    }

    /// Proves that rows and index agree.
    func checkIndex() async throws -> [String] { try await index?.check() ?? [] }
}
