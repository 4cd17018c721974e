import Store

/// Which records of a collection are meant: those that meet every condition that is given.
public struct RecordFilter: Sendable {
    public var keys: [String]?
    public var metadata: Filter?
    public var text: DocumentFilter?

    public init(keys: [String]? = nil, metadata: Filter? = nil, text: DocumentFilter? = nil) {
        self.keys = keys
        self.metadata = metadata
        self.text = text
    }

    public var isEverything: Bool { keys == nil && metadata == nil && text == nil }

    func matches(_ record: Record) -> Bool {
        (metadata?.matches(record.metadata) ?? true) && (text?.matches(record.text) ?? true)
    }
}

extension RecordTable {
    /// The matching records in the order of their insertion, from `offset` on. Complexity: without keys every record before
    /// the last of them is read.
    static func find(
        _ filter: RecordFilter, in collection: CollectionDescription, limit: Int = .max, offset: Int = 0,
        _ transaction: any ReadTransaction
    ) throws -> [Record] {
        if filter.isEverything {
            return try page(of: collection, limit: limit, offset: offset, in: transaction)
        }
        if let keys = filter.keys {
            let found = try Set(keys).compactMap { try find(key: $0, in: collection, transaction) }
                .filter(filter.matches).sorted { $0.id < $1.id }
            return Array(found.dropFirst(offset).prefix(limit))
        }
        var found: [Record] = []
        var skipped = 0
        try forEach(of: collection, in: transaction) { record in
            guard filter.matches(record) else { return true }
            if skipped < offset {
                skipped += 1
            } else if found.count < limit {
                found.append(record)
            }
            return found.count < limit
        }
        return found
    }
}
