import Foundation
import Store
import Threads
import VectorIndex

/// The index over one generation of a collection's records: in memory, with a file as its memory.
///
/// The rows are the truth. The file carries the number of the last change it holds, so opening means
/// reading it and replaying what came after; a missing, stale or damaged file means replaying from the
/// first row. Until the first replay is through, searches scan the rows. Deleting the file loses nothing.
///
/// Thread rule: any task may call anything. Changes are applied one after the other in the order of their
/// numbers, those of one transaction at one moment; searches share the index.
final class IndexCache: Sendable {
    let collection: CollectionDescription
    let state: IndexState
    let database: any Database
    let pool: ThreadPool
    let replay = AsyncLock()
    /// Whether the program stops; asked often, from any thread.
    let isStopping: @Sendable () -> Bool
    /// Rows from which an index that has none yet is built at once.
    let bulkBuildFloor: Int
    private let path: String

    static let usualBulkBuildFloor = 5_000

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
        path = Self.path(of: collection, in: folder)
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
        let index = try opened?.index ?? collection.emptyIndex()
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
        path = Self.path(of: collection, in: folder)
        unlink(path)
        state = IndexState(
            index: try collection.emptyIndex(), appliedSequence: 0, complaint: nil, mayWriteFile: false)
    }

    private static func path(of collection: CollectionDescription, in folder: String) -> String {
        "\(folder)/\(collection.id)-\(collection.generation).hnsw"
    }

    /// Removes the files that a crash between two generations has left.
    static func removeOtherGenerations(than collection: CollectionDescription, in folder: String) {
        let current = "\(collection.id)-\(collection.generation).hnsw"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix("\(collection.id)-") && !name.hasPrefix(current) {
            unlink("\(folder)/\(name)")
        }
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

    var count: Int { state.count }

    // MARK: File

    /// Writes the file and forgets the removals that it holds.
    func snapshot(evenWithoutChanges: Bool = false) async throws {
        try await replay.withLock {
            if state.changesSinceSnapshot > 0 || evenWithoutChanges { try await writeFile() }
        }
    }

    /// Leaves nothing of removed vectors in files, those that were set aside among them.
    func purge() async throws {
        guard state.isReady else { return }
        try await snapshot(evenWithoutChanges: true)
        unlink(path + Self.damagedSuffix)
    }

    /// The caller holds `replay`.
    func writeFile() async throws {
        guard state.mayWriteFile else { return }
        let (path, fingerprint) = (path, collection.indexFingerprint)
        let sequence = try await pool.run { [state] in
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            return try state.write(to: path, fingerprint: fingerprint)
        }
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

    private static let damagedSuffix = ".damaged"

    /// Sets a file aside that cannot be used, so that nobody loses evidence; only the newest is kept.
    private static func quarantine(_ path: String, because reason: String) throws {
        guard rename(path, path + damagedSuffix) == 0 else {
            throw VectorStoreError.file(
                path: path, operation: "set aside (it \(reason))", reason: String(cString: strerror(errno)))
        }
    }
}

extension CollectionDescription {
    func emptyIndex() throws -> HNSWIndex {
        try HNSWIndex(dimension: dimension, metric: metric, parameters: settings.parameters)
    }
}
