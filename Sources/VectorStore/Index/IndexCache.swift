import Foundation
import Store
import Threads
import VectorIndex

/// The index over one generation of a collection's records: in memory, with a file as its memory.
///
/// The rows are the truth. The file carries the number of the last change it holds, so opening means
/// reading it and replaying what came after; a missing, stale or damaged file means replaying from the
/// first row. Until the first replay is through, ``search(_:k:scope:)`` answers nil and the caller scans
/// the rows. Deleting the file loses nothing.
///
/// Thread rule: any task may call anything. Changes are applied one after the other in the order of their
/// numbers; searches share the index and wait only while links change.
final class IndexCache: Sendable {
    let collection: CollectionDescription
    private let path: String
    private let database: any Database
    private let pool: ThreadPool
    private let state: IndexState
    private let replay = AsyncLock()
    /// Whether the program stops; asked often, from any thread.
    private let isStopping: @Sendable () -> Bool

    /// Rows read and inserted between two looks at the clock of other readers.
    private static let sliceRows = 256
    /// At most this many vectors in scope are scanned, so that the answers of small collections and of scopes of few
    /// documents are exact: at some 50 ns a vector of 384 dimensions at most 1 ms, of the some 10 ms that an answer takes.
    /// What the walk misses shows: over the 11,040 passages of the brokerage corpus it lost one of 90 questions from the
    /// first five. Beyond this the index chooses.
    static let exactSearchCeiling = 20_000
    /// Rows from which an index that has none yet is built at once.
    private let bulkBuildFloor: Int
    static let usualBulkBuildFloor = 5_000
    private static let buildThreads = 2
    /// Vectors linked in one turn on a thread of the pool.
    private static let linkedAtOnce = 16
    /// Changes after which the file is written anew, at least.
    private static let snapshotFloor = 2_000

    /// Opens the file if it is there and fits. Blocking; call ``prepare()`` afterwards.
    init(
        collection: CollectionDescription, forgottenSequence: Int64, lastSequence: Int64, folder: String,
        database: any Database, pool: ThreadPool, bulkBuildFloor: Int = usualBulkBuildFloor,
        isStopping: @escaping @Sendable () -> Bool = { false }
    ) throws {
        self.collection = collection
        self.isStopping = isStopping
        self.bulkBuildFloor = bulkBuildFloor
        self.database = database
        self.pool = pool
        path = "\(folder)/\(collection.id)-\(collection.generation).hnsw"
        var opened: (index: HNSWIndex, sequence: Int64)?
        var complaint: String?
        if FileManager.default.fileExists(atPath: path) {
            do {
                let file = try HNSWIndex.open(path: path)
                let sequence = Int64(clamping: file.lastSequence)
                if file.fingerprint != collection.indexFingerprint {
                    complaint = "belongs to another collection or model"
                } else if sequence < forgottenSequence || sequence > lastSequence {
                    complaint = "is at change \(sequence), the rows need \(forgottenSequence)…\(lastSequence)"
                } else {
                    try file.index.verify()
                    opened = (file.index, sequence)
                }
            } catch {
                complaint = "\(error)"
            }
            if let complaint { try Self.quarantine(path, because: complaint) }
        }
        let index = try opened?.index ?? HNSWIndex(dimension: collection.dimension, metric: collection.metric)
        state = IndexState(index: index, appliedSequence: opened?.sequence ?? 0, complaint: complaint)
    }

    /// The index of a generation that nobody searches yet. A file that an unfinished rebuild left is removed, and
    /// none is written before ``activate()``.
    init(emptyFor collection: CollectionDescription, folder: String, database: any Database, pool: ThreadPool) throws {
        self.collection = collection
        isStopping = { false }
        bulkBuildFloor = Self.usualBulkBuildFloor
        self.database = database
        self.pool = pool
        path = "\(folder)/\(collection.id)-\(collection.generation).hnsw"
        unlink(path)
        let index = try HNSWIndex(dimension: collection.dimension, metric: collection.metric)
        state = IndexState(index: index, appliedSequence: 0, complaint: nil, mayWriteFile: false)
    }

    /// To be called when searches have been pointed here. Removals that were forgotten while another index was in
    /// charge are made good by comparing with the rows.
    func activate() async throws {
        try await catchUp()
        try await replay.withLock {
            let rows = try await rowIDs()
            try await pool.run { [state] in try state.removeAll(except: rows) }
            state.setMayWriteFile(true)
        }
    }

    /// To be called when searches have been pointed elsewhere: the file goes and does not come back.
    func retire() async {
        await replay.withLock {
            state.setMayWriteFile(false)
            unlink(path)
        }
    }

    /// Why the file was set aside at opening, or could not be written since; nil when all is well.
    var complaint: String? { state.complaint }

    /// False until the first replay is through.
    var isReady: Bool { state.isReady }

    var count: Int { state.withIndex { $0.count } }

    // MARK: Replay

    /// Applies every committed change that the index does not hold yet. Returns when it holds them all.
    ///
    /// Runs in a task of its own: a caller that is cancelled between its commit and this call must not leave the
    /// index behind. Only when the program stops, an index that is not ready stays so: the rows answer searches, and the
    /// next start goes on.
    func catchUp() async throws {
        try await Task {
            do {
                try await applyChanges()
            } catch is CancellationError where isStopping() {}
        }.value
    }

    /// Makes the index ready and up to date. For callers without a commit of their own: reading and building are given
    /// up when the task is cancelled or the program stops.
    /// - Throws: `CancellationError` then; what was there before still stands.
    func prepare() async throws {
        try await applyChanges()
    }

    private func checkCancellation() throws {
        try Task.checkCancellation()
        if !state.isReady, isStopping() { throw CancellationError() }
    }

    private func applyChanges() async throws {
        try await replay.withLock {
            try checkCancellation()
            var cursor = state.appliedSequence
            if !state.isReady {
                try await loadDocuments(through: cursor)
                if cursor == 0, state.withIndex({ $0.count }) == 0, let built = try await buildAtOnce() {
                    cursor = built
                }
            }
            while true {
                try checkCancellation()
                let (slice, last) = try await nextSlice(after: cursor)
                guard let newest = slice.last?.id else {
                    // New rows first, removed ones last: a query between the two still finds the document.
                    let changes = try await changes(after: state.appliedSequence, through: last)
                    try await pool.run { [state] in
                        try state.replaceVectors(changes.replaced)
                        try state.remove(changes.removed)
                    }
                    state.finishReplay(at: last)
                    break
                }
                try await pool.run { [state] in try state.insert(slice) }
                cursor = newest
            }
            linkInBackground()
            if state.changesSinceSnapshot >= max(Self.snapshotFloor, state.withIndex { $0.count } / 10) {
                // The change is committed and searchable; a file that cannot be written only costs the next start time.
                do { try await writeFile() } catch  where !(error is CancellationError) {
                    state.setComplaint("The index file could not be written: \(error)")
                }
            }
        }
    }

    /// Puts appended vectors into the graph, a few at a time, so that searches waiting for one of the pool's threads wait
    /// some milliseconds at most. What is not linked when the program stops is linked after the next start.
    private func linkInBackground() {
        guard state.beginLinking() else { return }
        Task.detached(priority: .background) { [self] in
            do {
                while try await pool.run({ [state] in try state.link(atMost: Self.linkedAtOnce) }) {
                    guard !isStopping(), state.mayWriteFile else { return state.endLinking() }
                }
            } catch is CancellationError {
                state.endLinking()
            } catch {
                state.setComplaint("The index could not be linked: \(error)")
                state.endLinking()
            }
        }
    }

    /// Builds the index of many rows in one go, which takes a fraction of adding them one by one; nil where there are few.
    /// - Returns: the number of the last row in it.
    private func buildAtOnce() async throws -> Int64? {
        let count = try await database.read { [collection] in try RecordTable.count(of: collection, in: $0) }
        guard count >= bulkBuildFloor else { return nil }
        var keys: [UInt64] = []
        var vectors: [Float] = []
        var documents: [(record: Int64, document: String?)] = []
        vectors.reserveCapacity(count * collection.dimension)
        var cursor: Int64 = 0
        while true {
            try checkCancellation()
            let (slice, _) = try await nextSlice(after: cursor)
            guard let newest = slice.last?.id else { break }
            for row in slice {
                keys.append(UInt64(clamping: row.id))
                vectors += row.vector
                documents.append((row.id, row.documentID))
            }
            cursor = newest
        }
        let (dimension, metric) = (collection.dimension, collection.metric)
        let rows = (keys: keys, vectors: vectors, documents: documents)
        let cancelled = StopFlag()
        try await withTaskCancellationHandler {
            try await pool.run { [state, isStopping] in
                do {
                    let built = try HNSWIndex.build(
                        rows.vectors.span, keys: rows.keys, dimension: dimension, metric: metric,
                        threads: Self.buildThreads
                    ) { _ in !cancelled.isRaised && !isStopping() }
                    state.adopt(built, documents: rows.documents)
                } catch VectorIndexError.cancelled {
                    throw CancellationError()
                }
            }
        } onCancel: {
            cancelled.raise()
        }
        return cursor
    }

    /// The file knows keys, not documents: reads which document each of its records belongs to.
    private func loadDocuments(through last: Int64) async throws {
        let (id, generation) = (collection.id, collection.generation)
        let pairs = try await database.read { transaction in
            try transaction.rows(
                "SELECT id, document_id FROM records WHERE collection_id = $1 AND generation = $2 AND id <= $3",
                [id, generation, last]
            ).map { (try $0.int(0), try $0.optionalText(1)) }
        }
        try await pool.run { [state] in state.setDocuments(pairs) }
    }

    private func nextSlice(after cursor: Int64) async throws -> ([IndexedRow], last: Int64) {
        let (id, generation, dimension) = (collection.id, collection.generation, collection.dimension)
        return try await database.read { transaction in
            let last = try RecordTable.lastSequence(in: transaction)
            let rows = try transaction.rows(
                """
                SELECT id, vector, document_id FROM records JOIN record_vectors ON record_id = id
                WHERE collection_id = $1 AND generation = $2 AND id > $3 ORDER BY id LIMIT $4
                """, [id, generation, cursor, Self.sliceRows]
            ).map { try IndexedRow($0, dimension: dimension) }
            return (rows, last)
        }
    }

    /// What happened to records that the index may hold: those that are gone, and the present vectors of the others.
    private func changes(
        after first: Int64, through last: Int64
    ) async throws -> (removed: [Int64], replaced: [IndexedRow]) {
        let (id, dimension) = (collection.id, collection.dimension)
        return try await database.read { transaction in
            var removed: [Int64] = []
            var replaced: Set<Int64> = []
            for change in try RecordTable.changes(after: first, through: last, collection: id, in: transaction) {
                switch change.kind {
                case .removed: removed.append(change.record)
                case .vector: replaced.insert(change.record)
                case .fields: break
                }
            }
            replaced.subtract(removed)
            let rows = try replaced.sorted().compactMap { id in
                try RecordTable.vector(of: id, dimension: dimension, in: transaction).map {
                    IndexedRow(id: id, vector: $0, documentID: nil)
                }
            }
            return (removed, rows)
        }
    }

    // MARK: Search

    /// The best `k` records in scope, best first; nil while the index is not ready.
    func search(_ query: [Float], k: Int, scope: RecordScope) async throws -> VectorHits? {
        guard state.isReady else { return nil }
        let metric = collection.metric
        return try await pool.run { [state] in
            let (neighbors, isExact) = try state.search(query, k: k, scope: scope, ceiling: Self.exactSearchCeiling)
            return VectorHits(
                records: neighbors.map {
                    ScoredRecord(id: Int64(clamping: $0.key), score: metric.score(fromDistance: $0.distance))
                },
                plan: isExact ? .exact : .graph)
        }
    }

    // MARK: File

    /// Writes the file and forgets the removals that it holds.
    func snapshot() async throws {
        try await replay.withLock {
            if state.changesSinceSnapshot > 0 { try await writeFile() }
        }
    }

    /// The caller holds `replay`.
    private func writeFile() async throws {
        guard state.mayWriteFile else { return }
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let (path, fingerprint) = (path, collection.indexFingerprint)
        let sequence = try await pool.run { [state] in try state.write(to: path, fingerprint: fingerprint) }
        let id = collection.id
        try await database.write { transaction in
            try transaction.execute(
                "UPDATE collections SET forgotten_sequence = $1 WHERE id = $2 AND forgotten_sequence < $1",
                [sequence, id])
            try RecordTable.forgetChanges(through: sequence, collection: id, in: transaction)
        }
    }

    /// Problems of the index itself, and differences from the rows.
    func check() async throws -> [String] {
        try await prepare()
        let rows = try await rowIDs()
        return try await pool.run { [state] in state.check(against: rows) }
    }

    private func rowIDs() async throws -> Set<Int64> {
        let (id, generation) = (collection.id, collection.generation)
        return try await database.read { transaction in
            Set(
                try transaction.rows(
                    "SELECT id FROM records WHERE collection_id = $1 AND generation = $2", [id, generation]
                ).map { try $0.int(0) })
        }
    }

    /// Sets a file aside that cannot be used, so that nobody loses evidence; only the newest is kept.
    private static func quarantine(_ path: String, because reason: String) throws {
        guard rename(path, path + ".damaged") == 0 else {
            throw VectorStoreError.file(
                path: path, operation: "set aside (it \(reason))", reason: String(cString: strerror(errno)))
        }
    }
}

/// One row as the index needs it.
struct IndexedRow: Sendable {
    let id: Int64
    let vector: [Float]
    let documentID: String?

    init(id: Int64, vector: [Float], documentID: String?) {
        self.id = id
        self.vector = vector
        self.documentID = documentID
    }

    /// Columns: id, vector, document_id.
    init(_ row: SQLRow, dimension: Int) throws {
        id = try row.int(0)
        guard let vector = VectorColumn.decode(try row.blob(1), dimension: dimension) else {
            throw VectorStoreError.damagedRow(
                table: RecordTable.name, id: String(id), detail: "its vector does not hold \(dimension) numbers")
        }
        self.vector = vector
        documentID = try row.optionalText(2)
    }
}
