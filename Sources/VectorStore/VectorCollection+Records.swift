import Store

/// Records by the keys that their owners gave them.
///
/// Every call that changes records is one transaction over rows, metadata and full text, and returns when searches see it.
/// A key is named once in a call: ``VectorStoreError/duplicateKey(collection:key:)`` otherwise.
extension VectorCollection {
    /// Stores records whose keys are new; a record whose key is there already is left as it was.
    /// - Returns: how many were stored.
    @discardableResult
    public func add(_ records: [NewRecord]) async throws -> Int {
        try checkKeys(records.map(\.key))
        return try await change(vectors: records.map(\.vector)) { collection, transaction in
            let new = try records.filter {
                try RecordTable.find(key: $0.key, in: collection, transaction) == nil
            }
            try Self.validate(new, for: collection)
            try RecordTable.insert(
                new, documentID: nil, collection: collection.id, generation: collection.generation, in: transaction)
            return new.count
        }
    }

    /// Stores records whose keys are new and changes the others as ``update(_:)`` does.
    public func upsert(_ records: [NewRecord]) async throws {
        try checkKeys(records.map(\.key))
        try await change(vectors: records.map(\.vector)) { collection, transaction in
            try Self.validate(records, for: collection)
            var new: [NewRecord] = []
            var old: [(Record, RecordChange)] = []
            for record in records {
                if let found = try RecordTable.find(key: record.key, in: collection, transaction) {
                    let change = RecordChange(
                        key: record.key, text: record.text, metadata: record.metadata.mapValues { $0 },
                        uri: record.uri, vector: record.vector)
                    old.append((found, change))
                } else {
                    new.append(record)
                }
            }
            try RecordTable.update(
                old.map(\.0), with: old.map(\.1), collection: collection.id, in: transaction)
            try RecordTable.insert(
                new, documentID: nil, collection: collection.id, generation: collection.generation, in: transaction)
        }
    }

    /// Changes the records that are there; keys without a record are passed over.
    /// - Returns: how many were changed.
    @discardableResult
    public func update(_ changes: [RecordChange]) async throws -> Int {
        try checkKeys(changes.map(\.key))
        return try await change(vectors: changes.compactMap(\.vector)) { collection, transaction in
            for change in changes {
                try Self.validate(
                    vector: change.vector, metadata: change.metadata.compactMapValues { $0 },
                    of: change.key, for: collection)
            }
            let found = try changes.compactMap { change in
                try RecordTable.find(key: change.key, in: collection, transaction).map { ($0, change) }
            }
            try RecordTable.update(
                found.map(\.0), with: found.map(\.1), collection: collection.id, in: transaction)
            return found.count
        }
    }

    /// Takes out the records with these keys; keys without a record are passed over.
    /// - Returns: how many were taken out.
    @discardableResult
    public func remove(keys: [String]) async throws -> Int {
        try await change(vectors: []) { collection, transaction in
            let doomed = try Set(keys).compactMap { key in
                try RecordTable.find(key: key, in: collection, transaction)?.id
            }
            try RecordTable.remove(doomed.sorted(), collection: collection.id, in: transaction)
            return doomed.count
        }
    }

    /// The records with these keys, in the order of their insertion; keys without a record are passed over.
    public func records(keys: [String]) async throws -> [Record] {
        let collection = description
        return try await read { transaction in
            try Set(keys).compactMap { try RecordTable.find(key: $0, in: collection, transaction) }
                .sorted { $0.id < $1.id }
        }
    }

    /// A page of all records, in the order of their insertion.
    public func records(limit: Int, offset: Int = 0) async throws -> [Record] {
        let collection = description
        return try await read {
            try RecordTable.page(of: collection, limit: limit, offset: offset, in: $0)
        }
    }

    /// The vectors of these records as they were given; nil for records that are gone.
    public func vectors(_ ids: [Int64]) async throws -> [[Float]?] {
        let dimension = description.dimension
        return try await read { transaction in
            try ids.map { try RecordTable.vector(of: $0, dimension: dimension, in: transaction) }
        }
    }

    /// Number of records, as committed.
    public func countRecords() async throws -> Int {
        let collection = description
        return try await read { try RecordTable.count(of: collection, in: $0) }
    }

    private func checkKeys(_ keys: [String]) throws {
        var seen: Set<String> = []
        for key in keys where !seen.insert(key).inserted {
            throw VectorStoreError.duplicateKey(collection: description.name, key: key)
        }
    }
}
