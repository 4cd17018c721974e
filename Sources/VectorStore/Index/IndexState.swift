import Synchronization
import VectorIndex

/// The index in memory with what filters ask about its slots, behind one reader-writer lock. All methods block; changes come
/// from one caller at a time.
///
/// A set of changes that belong together becomes visible at one moment, and the lock keeps readers out only for
/// microseconds a record: new vectors are appended and old ones withdrawn; ``settle(atMost:)`` does the work on the graph.
final class IndexState: @unchecked Sendable {
    // SAFETY (Sendable): every access to the stored properties holds `lock`, for writing where they change.
    private let lock = SharedLock()
    private var index: HNSWIndex
    private var filters = FilterIndex()
    /// Slots of records that are not to be seen yet.
    private var staged = SlotSet(capacity: 0)
    private var mark: IndexMark
    private var snapshotSequence: Int64
    private var ready = false
    private var filtersReady = false
    private var lastComplaint: String?
    private var writable: Bool
    private var working = false
    /// Held by whoever changes the index itself, so that none waits for another with the readers behind it.
    private let changing = Mutex(())

    init(index: HNSWIndex, appliedSequence: Int64, complaint: String?, mayWriteFile: Bool = true) {
        self.index = index
        lastComplaint = complaint
        writable = mayWriteFile
        mark = IndexMark(sequence: appliedSequence, ofCollection: -1)
        snapshotSequence = appliedSequence
    }

    var complaint: String? { lock.reading { lastComplaint } }

    func setComplaint(_ complaint: String) { lock.writing { lastComplaint = complaint } }

    var mayWriteFile: Bool { lock.reading { writable } }

    func setMayWriteFile(_ mayWrite: Bool) { lock.writing { writable = mayWrite } }

    /// Whether every change up to ``appliedSequence`` is in the index.
    var isReady: Bool { lock.reading { ready } }

    /// Whether ``filters`` know every record.
    var knowsFilters: Bool { lock.reading { filtersReady } }

    var appliedSequence: Int64 { lock.reading { mark.sequence } }

    var changesSinceSnapshot: Int64 { lock.reading { mark.sequence - snapshotSequence } }

    var count: Int { lock.reading { index.count } }

    /// Whether so many slots wait for another vector that memory and file are too large for the vectors there are.
    var isSparse: Bool {
        lock.reading { index.slotCount > Self.sparseFloor && index.slotCount * 10 > index.count * 12 }
    }

    private static let sparseFloor = 1_024

    // MARK: Changes

    /// Takes up what belongs to a set of changes; what is new is not visible before the last part, which has a mark.
    func apply(_ delta: IndexDelta) throws {
        for start in stride(from: 0, to: delta.inserted.count, by: Self.rowsAtOnce) {
            let rows = delta.inserted[start..<min(start + Self.rowsAtOnce, delta.inserted.count)]
            try changing.withLock { _ in
                try lock.writing { for row in rows { try stage(row) } }
            }
        }
        guard let mark = delta.mark else { return }
        try changing.withLock { _ in try finish(delta, at: mark) }
    }

    private func finish(_ delta: IndexDelta, at mark: IndexMark) throws {
        try lock.writing {
            for (id, contents) in delta.changed {
                if let slot = index.slot(ofKey: UInt64(clamping: id)) { filters.set(slot: slot, contents) }
            }
            for row in delta.replaced {
                try withdraw(row.id)
                try stage(row)
            }
            for id in delta.removed { try withdraw(id) }
            staged = SlotSet(capacity: 0)
            self.mark = mark
            ready = true
        }
    }

    /// Rows taken up while readers wait, some 10 µs each.
    private static let rowsAtOnce = 64

    /// Under the lock.
    private func stage(_ row: IndexedRow) throws {
        let key = UInt64(clamping: row.id)
        guard !index.contains(key: key) else { return }
        let slot = try index.append(row.vector.span, key: key)
        filters.set(slot: slot, row.contents)
        if staged.capacity <= Int(slot) { staged.resize(to: Int(slot) + 1) }
        staged.insert(slot)
    }

    /// Under the lock. Records that the index does not hold, those of another generation, are passed over.
    private func withdraw(_ id: Int64) throws {
        guard let slot = try index.withdraw(key: UInt64(clamping: id)) else { return }
        filters.remove(slot: slot)
    }

    /// Puts an index of all records up to `sequence` in the place of the one there is. The caller keeps other changes out.
    func adopt(_ built: HNSWIndex) {
        lock.writing {
            index = built
            filters = FilterIndex()
            filtersReady = false
            // The rows may have been read later than the last changes were applied: nobody asks before all are.
            mark = IndexMark(sequence: mark.sequence, ofCollection: -1)
        }
    }

    /// Tells the filters of records that the index got from a file or a build.
    func learn(_ rows: [(id: Int64, contents: RecordContents)]) {
        for start in stride(from: 0, to: rows.count, by: Self.rowsAtOnce) {
            lock.writing {
                for row in rows[start..<min(start + Self.rowsAtOnce, rows.count)] {
                    if let slot = index.slot(ofKey: UInt64(clamping: row.id)) { filters.set(slot: slot, row.contents) }
                }
            }
        }
    }

    func finishLearning() {
        lock.writing {
            filters.settle()
            filtersReady = true
        }
    }

    /// Takes out what has no row.
    func removeAll(except rows: Set<Int64>) throws {
        try lock.writing {
            for key in try index.keys(in: index.makeBitmap { !rows.contains(Int64(clamping: $0)) }) {
                try withdraw(Int64(clamping: key))
            }
        }
    }

    // MARK: Work on the graph

    /// True when nobody works on the graph and the file in the background yet: the caller does from now on.
    func beginWork() -> Bool {
        lock.writing {
            guard !working else { return false }
            working = true
            return true
        }
    }

    func endWork() { lock.writing { working = false } }

    var unsettledCount: Int { lock.reading { index.unsettledCount } }

    /// Settles up to `limit` vectors; how many are left.
    func settle(atMost limit: Int) throws -> Int {
        let index = lock.reading { self.index }
        return try changing.withLock { _ in try index.settle(atMost: limit) }
    }

    // MARK: Searching

    /// The number of records; nil where the index is not at `sequence` of its collection.
    func count(at sequence: Int64) -> Int? {
        lock.reading { mark.ofCollection == sequence && staged.isEmpty ? index.count : nil }
    }

    /// The records that meet the filter's conditions on metadata, documents and texts, and those whose texts have to be read
    /// for that, each in the order of their ids; nil where it has none of these conditions.
    /// - Throws: ``IndexMoved`` where the index is not at `sequence` of its collection.
    func candidates(_ filter: RecordFilter, at sequence: Int64) throws -> (certain: [Int64], unsure: [Int64])? {
        let keys = try lock.reading { () throws -> (certain: [UInt64], unsure: [UInt64])? in
            guard mark.ofCollection == sequence else { throw IndexMoved() }
            guard let slots = filters.slots(matching: filter) else { return nil }
            return (try index.keys(in: bitmap(slots.certain)), try index.keys(in: bitmap(slots.unsure)))
        }
        return keys.map { keys in
            (keys.certain.map { Int64(clamping: $0) }.sorted(), keys.unsure.map { Int64(clamping: $0) }.sorted())
        }
    }

    /// The nearest of each query, among what meets the filter's conditions on metadata and documents and may meet the one on
    /// texts, or among `ids`.
    /// - Throws: ``IndexMoved`` where the index is not at `sequence` of its collection.
    func search(_ request: IndexSearch, at sequence: Int64) throws -> IndexAnswer {
        try lock.reading {
            guard mark.ofCollection == sequence else { throw IndexMoved() }
            let allowed: SlotBitmap?
            if let ids = request.ids {
                // None of them is staged: they are of the reader's snapshot.
                allowed = index.makeBitmap(keys: ids.lazy.map { UInt64(clamping: $0) })
            } else {
                allowed =
                    if let slots = filters.slots(matching: request.filter) {
                        bitmap(slots.certain.union(slots.unsure))
                    } else {
                        staged.isEmpty ? nil : index.makeBitmap(excludingWords: staged.words)
                    }
            }
            let matches = allowed?.count ?? index.count
            var answer = IndexAnswer(neighbors: [], method: .scan, matches: matches)
            for query in request.queries {
                let (found, method) = try index.search(
                    query.span, k: request.k, efSearch: request.efSearch,
                    exactUpTo: request.exactUpTo, allowed: allowed)
                answer.neighbors.append(found)
                if !method.isExact { answer.method = method }
            }
            return answer
        }
    }

    /// Leaves staged records out. Under the lock.
    private func bitmap(_ slots: SlotSet) -> SlotBitmap {
        var bitmap = index.makeBitmap(words: slots.words)
        if !staged.isEmpty { bitmap.subtract(index.makeBitmap(words: staged.words)) }
        return bitmap
    }

    // MARK: File

    /// Writes the file as of now and returns the number of the last change in it.
    func write(to path: String, fingerprint: [UInt8]) throws -> Int64 {
        let (index, sequence) = lock.reading { (self.index, mark.sequence) }
        try changing.withLock { _ in
            try index.write(toPath: path, lastSequence: UInt64(clamping: sequence), fingerprint: fingerprint)
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

/// The index has followed the rows to another place than the reader's snapshot: to be tried again.
struct IndexMoved: Error {}

/// What is asked of an index.
struct IndexSearch: Sendable {
    var queries: [[Float]]
    var k: Int
    var filter = RecordFilter()
    /// The only records that may be found; the filter is not asked then.
    var ids: [Int64]?
    var efSearch: Int?
    /// So many matches or fewer are scanned.
    var exactUpTo: Int
}

struct IndexAnswer: Sendable {
    /// One list a query, nearest first.
    var neighbors: [[Neighbor]]
    /// How they were found; where queries differ, the one that proves less.
    var method: SearchMethod
    /// How many records could have been found.
    let matches: Int
}
