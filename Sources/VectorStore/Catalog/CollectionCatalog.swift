import Foundation
import Store
import VectorIndex

/// What a collection is, as of one generation.
public struct CollectionDescription: Sendable, Hashable {
    public let id: Int64
    public let name: String
    /// 0 until the first record fixes it.
    public internal(set) var dimension: Int
    public let metric: Metric
    /// Fingerprint of the model that made its vectors.
    public let fingerprint: String
    /// Number of the rebuild that queries see; counts up.
    public internal(set) var generation: Int
    /// How its graph is built and searched.
    public internal(set) var settings = IndexSettings()
    let createdAtMilliseconds: Int64

    /// 32 bytes that an index file must carry to belong to this collection and generation: four FNV-1a hashes.
    var indexFingerprint: [UInt8] {
        var text = "\(id)|\(name)|\(dimension)|\(metric.name)|\(fingerprint)|\(generation)|\(createdAtMilliseconds)"
        if let links = settings.maxNeighbors { text += "|m\(links)" }
        if let width = settings.efConstruction { text += "|e\(width)" }
        return (0..<4).flatMap { (lane: UInt8) in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in [lane] + Array(text.utf8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            return withUnsafeBytes(of: hash.littleEndian) { Array($0) }
        }
    }
}

/// Which collections there are. Every function runs inside the caller's transaction.
enum CollectionCatalog {
    /// The collection's description, made on first use.
    /// - Throws: ``VectorStoreError/modelMismatch(collection:expected:found:)`` or
    ///   ``VectorStoreError/dimensionMismatch(collection:expected:found:)`` when it was made by another model.
    static func open(
        name: String, dimension: Int, metric: Metric, fingerprint: String, nowMilliseconds: Int64,
        in transaction: any WriteTransaction
    ) throws -> (description: CollectionDescription, forgottenSequence: Int64) {
        if let found = try find(name, in: transaction) {
            guard found.description.fingerprint == fingerprint else {
                throw VectorStoreError.modelMismatch(
                    collection: name, expected: found.description.fingerprint, found: fingerprint)
            }
            guard found.description.dimension == dimension else {
                throw VectorStoreError.dimensionMismatch(
                    collection: name, expected: found.description.dimension, found: dimension)
            }
            return found
        }
        let description = try insert(
            name: name, dimension: dimension, metric: metric, fingerprint: fingerprint,
            nowMilliseconds: nowMilliseconds, in: transaction)
        return (description, 0)
    }

    static func insert(
        name: String, dimension: Int, metric: Metric, fingerprint: String, settings: IndexSettings = IndexSettings(),
        nowMilliseconds: Int64, in transaction: any WriteTransaction
    ) throws -> CollectionDescription {
        let id = try (transaction.row("SELECT coalesce(max(id), 0) FROM collections")?.int(0) ?? 0) + 1
        try transaction.execute(
            """
            INSERT INTO collections
                (id, name, dimension, metric, fingerprint, generation, forgotten_sequence, created_at, max_neighbors,
                 ef_construction, ef_search)
            VALUES ($1, $2, $3, $4, $5, 1, 0, $6, $7, $8, $9)
            """,
            [
                id, name, dimension, metric.name, fingerprint, nowMilliseconds, settings.maxNeighbors,
                settings.efConstruction, settings.efSearch,
            ])
        return CollectionDescription(
            id: id, name: name, dimension: dimension, metric: metric, fingerprint: fingerprint, generation: 1,
            settings: settings, createdAtMilliseconds: nowMilliseconds)
    }

    static func find(
        _ name: String, in transaction: any ReadTransaction
    ) throws -> (description: CollectionDescription, forgottenSequence: Int64)? {
        guard
            let row = try transaction.row(
                """
                SELECT id, dimension, metric, fingerprint, generation, created_at, forgotten_sequence
                FROM collections WHERE name = $1
                """, [name])
        else { return nil }
        let metricName = try row.text(2)
        guard let metric = Metric(name: metricName) else {
            throw VectorStoreError.damagedRow(
                table: "collections", id: name, detail: "there is no metric \"\(metricName)\"")
        }
        let description = CollectionDescription(
            id: try row.int(0), name: name, dimension: Int(try row.int(1)), metric: metric,
            fingerprint: try row.text(3), generation: Int(try row.int(4)), createdAtMilliseconds: try row.int(5))
        return (description, try row.int(6))
    }

    /// The collection as of this transaction, after `dimension` has fixed its own where none was fixed yet.
    /// - Throws: ``VectorStoreError/unknownCollection(name:)`` when it is gone.
    static func settled(
        _ collection: CollectionDescription, dimension: Int?, in transaction: any WriteTransaction
    ) throws -> CollectionDescription {
        guard
            let row = try transaction.row(
                "SELECT dimension, generation FROM collections WHERE id = $1 AND is_removed = 0", [collection.id])
        else { throw VectorStoreError.unknownCollection(name: collection.name) }
        var settled = collection
        settled.dimension = Int(try row.int(0))
        settled.generation = Int(try row.int(1))
        if settled.dimension == 0, let dimension {
            guard HNSWIndex.dimensions.contains(dimension) else {
                throw VectorStoreError.badVector(
                    collection: collection.name,
                    detail: "it has \(dimension) numbers, of \(HNSWIndex.dimensions) that an index can have")
            }
            try transaction.execute(
                "UPDATE collections SET dimension = $2 WHERE id = $1", [collection.id, dimension])
            settled.dimension = dimension
        }
        return settled
    }

    /// The generation that queries see, as of this transaction.
    static func generation(of id: Int64, in transaction: any ReadTransaction) throws -> Int {
        guard let row = try transaction.row("SELECT generation FROM collections WHERE id = $1", [id]) else {
            throw VectorStoreError.damagedRow(table: "collections", id: String(id), detail: "it is missing")
        }
        return Int(try row.int(0))
    }

    /// The number of the last change to a collection's records.
    static func lastSequence(of id: Int64, in transaction: any ReadTransaction) throws -> Int64 {
        try transaction.row("SELECT last_sequence FROM collections WHERE id = $1", [id])?.int(0) ?? 0
    }

    /// What may change of a collection, as of this transaction.
    static func moment(
        of collection: CollectionDescription, in transaction: any ReadTransaction
    ) throws -> (dimension: Int, generation: Int, lastSequence: Int64) {
        guard
            let row = try transaction.row(
                "SELECT dimension, generation, last_sequence FROM collections WHERE id = $1 AND is_removed = 0",
                [collection.id])
        else { throw VectorStoreError.unknownCollection(name: collection.name) }
        return (Int(try row.int(0)), Int(try row.int(1)), try row.int(2))
    }

    /// Points queries at another generation.
    static func setGeneration(_ generation: Int, of id: Int64, in transaction: any WriteTransaction) throws {
        try transaction.execute("UPDATE collections SET generation = $1 WHERE id = $2", [generation, id])
    }
}

extension Metric {
    var name: String {
        switch self {
        case .cosine: "cosine"
        case .dot: "dot"
        case .l2: "l2"
        }
    }

    init?(name: String) {
        switch name {
        case "cosine": self = .cosine
        case "dot": self = .dot
        case "l2": self = .l2
        default: return nil
        }
    }

    /// A distance of this metric as a score, larger is better: cosine, inner product, or minus squared L2.
    func score(fromDistance distance: Float) -> Double {
        switch self {
        case .cosine: 1 - Double(distance)
        case .dot, .l2: -Double(distance)
        }
    }
}
