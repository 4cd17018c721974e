import Foundation
import Store

/// The records of a Chroma collection: what the tables have, brought up to date from the queue, with vectors from the queue
/// or from the files. Blocking; calls follow one another.
final class ChromaRecords: @unchecked Sendable {
    // SAFETY (Sendable): the importer makes one call after the other.
    private let folder: ChromaFolder
    private let collection: ChromaCollection
    private let files: ChromaVectorFiles?
    /// What the queue says of vectors that the files do not know yet: where the newest lies, or that there is none.
    private var queued: [String: Int64?] = [:]
    /// Changes of records that the tables do not know yet, in order.
    private var lagging: [Change] = []
    /// Of those changes the ids that the tables have not shown yet, with their order.
    private var unseen: [String: Int] = [:]
    private var cursor: Int64 = 0
    private var isThrough = false
    /// Why vectors are missing that should be in files.
    let complaint: String?

    struct Found: Sendable {
        let id: String
        let text: String?
        let uri: String?
        let metadata: [String: MetadataValue]
        let vector: [Float]?
    }

    private struct Change {
        let id: String
        let operation: Operation
        let metadata: [String: MetadataValue?]
    }

    private enum Operation: Int64 {
        case add, update, upsert, delete
    }

    init(of collection: ChromaCollection, in folder: ChromaFolder) throws {
        self.folder = folder
        self.collection = collection
        var complaint: String?
        do {
            files = try ChromaVectorFiles(
                folder: folder.path + "/" + collection.vectorSegment, dimension: collection.dimension,
                isCosine: collection.space == .cosine)
        } catch let error as ChromaImportError {
            files = nil
            complaint = "\(error)"
        }
        self.complaint = complaint
        try folder.file.read { try readQueue($0) }
        for (place, change) in lagging.enumerated() where unseen[change.id] == nil { unseen[change.id] = place }
    }

    // MARK: Queue

    private func readQueue(_ transaction: any ReadTransaction) throws {
        func applied(_ segment: String) throws -> Int64? {
            try transaction.row("SELECT seq_id FROM max_seq_id WHERE segment_id = $1", [segment])
                .map { ChromaTables.sequence($0[0]) }
        }
        // Where the files cannot be read, all that the queue still has is of use.
        let inFiles = complaint == nil ? try applied(collection.vectorSegment) ?? files?.lastSequence ?? 0 : 0
        let inTables = try applied(collection.metadataSegment) ?? 0
        try transaction.forEach(
            """
            SELECT seq_id, operation, id, vector IS NOT NULL, metadata FROM embeddings_queue
            WHERE topic = $1 AND seq_id > $2 ORDER BY seq_id
            """, ["persistent://default/default/\(collection.id)", min(inFiles, inTables)]
        ) { row in
            guard let operation = Operation(rawValue: try row.int(1)) else { return }
            let (sequence, id) = (try row.int(0), try row.text(2))
            if sequence > inFiles { follow(operation, id, sequence, hasVector: try row.bool(3)) }
            if sequence > inTables {
                lagging.append(
                    Change(id: id, operation: operation, metadata: try Self.metadata(try row.optionalText(4))))
            }
        }
    }

    private func follow(_ operation: Operation, _ id: String, _ sequence: Int64, hasVector: Bool) {
        let isThere = queued[id].map { $0 != nil } ?? (files?.elements[id] != nil)
        switch operation {
        case .delete: queued[id] = .some(nil)
        case .add where !isThere && hasVector: queued[id] = .some(sequence)
        case .upsert where hasVector: queued[id] = .some(sequence)
        case .update where isThere && hasVector: queued[id] = .some(sequence)
        default: break
        }
    }

    private static func metadata(_ json: String?) throws -> [String: MetadataValue?] {
        guard let json else { return [:] }
        do {
            return try JSONDecoder().decode([String: MetadataValue?].self, from: Data(json.utf8))
        } catch {
            throw ChromaImportError.unknownTable(name: "embeddings_queue", detail: "metadata that is no JSON object")
        }
    }

    // MARK: Reading

    /// Records read in one go.
    private static let sliceRows = 500

    func count() throws -> Int {
        try folder.file.read { transaction in
            let row = try transaction.row(
                "SELECT count(*) FROM embeddings WHERE segment_id = $1", [collection.metadataSegment])
            return Int(try row?.int(0) ?? 0)
        }
    }

    /// The next records in the order of their first insertion; nil behind the last.
    func next() throws -> [Found]? {
        guard !isThrough else { return nil }
        let (slice, last) = try folder.file.read { try rows(after: cursor, in: $0) }
        if let last {
            cursor = last
            for record in slice { unseen[record.id] = nil }
            return try slice.compactMap { try upToDate($0.id, $0.metadata) }
        }
        isThrough = true
        return try unseen.sorted { $0.value < $1.value }.compactMap { try upToDate($0.key, nil) }
    }

    private func rows(
        after cursor: Int64, in transaction: any ReadTransaction
    ) throws -> (rows: [(id: String, metadata: [String: MetadataValue])], last: Int64?) {
        let rows = try transaction.rows(
            "SELECT id, embedding_id FROM embeddings WHERE segment_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            [collection.metadataSegment, cursor, Self.sliceRows])
        var found: [(id: String, metadata: [String: MetadataValue])] = []
        for row in rows {
            let number = try row.int(0)
            var metadata = try folder.values(
                "embedding_metadata", "id", of: .integer(number), text: "string_value", in: transaction)
            try readLists(of: number, into: &metadata, transaction)
            found.append((id: try row.text(1), metadata: metadata))
        }
        let last = try rows.last?.int(0)
        return (found, last)
    }

    private func readLists(
        of number: Int64, into metadata: inout [String: MetadataValue], _ transaction: any ReadTransaction
    ) throws {
        let table = "embedding_metadata_array"
        guard folder.tables.has(table) else { return }
        var lists: [String: [MetadataValue]] = [:]
        let columns = folder.tables.valueColumns(of: table, text: "string_value")
        for row in try transaction.rows("SELECT key, \(columns) FROM \(table) WHERE id = $1 ORDER BY rowid", [number]) {
            if let value = ChromaTables.value(row) { lists[try row.text(0), default: []].append(value) }
        }
        for (key, values) in lists { metadata[key] = .list(values) }
    }

    /// The record after the changes that the tables lack; nil when it is gone.
    private func upToDate(_ id: String, _ stored: [String: MetadataValue]?) throws -> Found? {
        var current = stored
        for change in lagging where change.id == id {
            switch change.operation {
            case .delete: current = nil
            case .add: if current == nil { current = change.metadata.compactMapValues { $0 } }
            case .update: if current != nil { current?.merge(change.metadata) }
            case .upsert:
                if current == nil {
                    current = change.metadata.compactMapValues { $0 }
                } else {
                    current?.merge(change.metadata)
                }
            }
        }
        guard var metadata = current else { return nil }
        var (text, uri): (String?, String?)
        if case .string(let value)? = metadata["chroma:document"] { text = value }
        if case .string(let value)? = metadata["chroma:uri"] { uri = value }
        metadata = metadata.filter { !$0.key.hasPrefix("chroma:") }
        return Found(id: id, text: text, uri: uri, metadata: metadata, vector: try vector(of: id))
    }

    private func vector(of id: String) throws -> [Float]? {
        if let queued = queued[id] {
            guard let sequence = queued else { return nil }
            let bytes = try folder.file.read { transaction in
                try transaction.row("SELECT vector FROM embeddings_queue WHERE seq_id = $1", [sequence])?.blob(0)
            }
            return bytes.flatMap { VectorColumn.decode($0, dimension: collection.dimension) }
        }
        return try files?.elements[id].flatMap { try files?.vector($0) }
    }
}

extension [String: MetadataValue] {
    /// Sets what has a value and takes away what has none.
    fileprivate mutating func merge(_ changes: [String: MetadataValue?]) {
        for (name, value) in changes { self[name] = value }
    }
}
