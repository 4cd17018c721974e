import Foundation
import VectorIndex

/// The index in memory with what belongs to it, behind one reader-writer lock. All methods block.
final class IndexState: @unchecked Sendable {
    // SAFETY (Sendable): every access to the stored properties holds `lock`, for writing where they change.
    private let lock = SharedLock()
    private var index: HNSWIndex
    private var documents = DocumentMap()
    private var applied: Int64
    private var snapshotSequence: Int64
    private var ready = false
    private var lastComplaint: String?
    private var writable: Bool
    private var linking = false

    init(index: HNSWIndex, appliedSequence: Int64, complaint: String?, mayWriteFile: Bool = true) {
        self.index = index
        lastComplaint = complaint
        writable = mayWriteFile
        applied = appliedSequence
        snapshotSequence = appliedSequence
    }

    var complaint: String? { lock.reading { lastComplaint } }

    func setComplaint(_ complaint: String) { lock.writing { lastComplaint = complaint } }

    var mayWriteFile: Bool { lock.reading { writable } }

    func setMayWriteFile(_ mayWrite: Bool) { lock.writing { writable = mayWrite } }

    var isReady: Bool { lock.reading { ready } }

    var appliedSequence: Int64 { lock.reading { applied } }

    var changesSinceSnapshot: Int64 { lock.reading { applied - snapshotSequence } }

    func withIndex<T>(_ body: (HNSWIndex) -> T) -> T {
        lock.reading { body(index) }
    }

    /// Appends vectors, which searches find at once, by a scan; ``link(atMost:)`` puts them into the graph.
    func insert(_ rows: [IndexedRow]) throws {
        let index = lock.reading { self.index }
        for row in rows where !index.contains(key: UInt64(clamping: row.id)) {
            try index.append(row.vector.span, key: UInt64(clamping: row.id))
            lock.writing { documents.add(record: row.id, document: row.documentID) }
        }
    }

    /// Puts new vectors in the places of those that their records had. Records that the index does not hold, those of
    /// another generation, are passed over.
    func replaceVectors(_ rows: [IndexedRow]) throws {
        let index = lock.reading { self.index }
        for row in rows where index.contains(key: UInt64(clamping: row.id)) {
            try index.add(row.vector, key: UInt64(clamping: row.id))
        }
    }

    /// True when vectors wait for their links and nobody links yet: the caller does from now on.
    func beginLinking() -> Bool {
        lock.writing {
            guard !linking, index.unlinkedCount > 0 else { return false }
            linking = true
            return true
        }
    }

    /// Links up to `limit` appended vectors. False when none is left; the caller links no longer then.
    func link(atMost limit: Int) throws -> Bool {
        let index = lock.reading { self.index }
        if try index.link(atMost: limit) > 0 { return true }
        return lock.writing {
            linking = self.index.unlinkedCount > 0
            return linking
        }
    }

    func endLinking() { lock.writing { linking = false } }

    /// Puts an index of all rows in the place of the one there is. The caller keeps other changes out.
    func adopt(_ built: HNSWIndex, documents pairs: [(record: Int64, document: String?)]) {
        lock.writing {
            index = built
            for pair in pairs { documents.add(record: pair.record, document: pair.document) }
        }
    }

    func setDocuments(_ pairs: [(record: Int64, document: String?)]) {
        lock.writing {
            for pair in pairs { documents.add(record: pair.record, document: pair.document) }
        }
    }

    func remove(_ ids: [Int64]) throws {
        let index = lock.reading { self.index }
        for id in ids {
            try index.remove(key: UInt64(clamping: id))
            lock.writing { documents.remove(record: id) }
        }
    }

    /// Takes out what has no row.
    func removeAll(except rows: Set<Int64>) throws {
        var ghosts: [Int64] = []
        lock.reading {
            _ = index.makeBitmap { key in
                let id = Int64(clamping: key)
                if !rows.contains(id) { ghosts.append(id) }
                return false
            }
        }
        try remove(ghosts)
    }

    func finishReplay(at sequence: Int64) {
        lock.writing {
            applied = max(applied, sequence)
            ready = true
        }
    }

    /// Nearest first, and whether the answer is a full scan.
    func search(
        _ query: [Float], k: Int, scope: RecordScope, ceiling: Int
    ) throws -> (neighbors: [Neighbor], isExact: Bool) {
        try lock.reading {
            switch scope {
            case .everything:
                return try index.search(query.span, k: k, exactUpTo: ceiling, where: nil)
            case .documents(let ids):
                let wanted = documents.ordinals(of: ids)
                return try index.search(query.span, k: k, exactUpTo: ceiling) { [documents] key in
                    documents.contains(record: Int64(clamping: key), in: wanted)
                }
            case .records(let ids):
                return try index.search(query.span, k: k, exactUpTo: ceiling) { ids.contains(Int64(clamping: $0)) }
            }
        }
    }

    /// Writes the file as of now and returns the number of the last change in it.
    func write(to path: String, fingerprint: [UInt8]) throws -> Int64 {
        let sequence = try lock.reading {
            try index.write(toPath: path, lastSequence: UInt64(clamping: applied), fingerprint: fingerprint)
            return applied
        }
        lock.writing { snapshotSequence = sequence }
        return sequence
    }

    func check(against rows: Set<Int64>) -> [String] {
        lock.reading {
            var problems = index.checkInvariants()
            let missing = rows.filter { !index.contains(key: UInt64(clamping: $0)) }
            if !missing.isEmpty { problems.append("\(missing.count) records are missing from the index") }
            if index.count != rows.count - missing.count {
                problems.append("the index holds \(index.count) vectors for \(rows.count) records")
            }
            return problems
        }
    }
}

/// Which document each record belongs to, for scopes.
private struct DocumentMap {
    private var ordinals: [String: Int32] = [:]
    private var documentOf: [Int64: Int32] = [:]

    mutating func add(record: Int64, document: String?) {
        guard let document else { return }
        let ordinal = ordinals[document] ?? Int32(clamping: ordinals.count)
        ordinals[document] = ordinal
        documentOf[record] = ordinal
    }

    mutating func remove(record: Int64) {
        documentOf[record] = nil
    }

    func ordinals(of documents: Set<String>) -> Set<Int32> {
        Set(documents.compactMap { ordinals[$0] })
    }

    func contains(record: Int64, in wanted: Set<Int32>) -> Bool {
        documentOf[record].map(wanted.contains) ?? false
    }
}
