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
                try RecordTable.id(ofKey: $0.key, in: collection, transaction) == nil
            }
            try Self.validate(new, for: collection)
            try RecordTable.insert(
                new, documentID: nil, collection: collection.id, generation: collection.generation, in: transaction)
            return new.count
        }
    }

    /// Changes records that are there as ``update(_:)`` does, and stores those whose keys are new.
    /// - Throws: ``VectorStoreError/badVector(collection:detail:)`` for a new key without a vector.
    public func upsert(_ changes: [RecordChange]) async throws {
        try checkKeys(changes.map(\.key))
        try await change(vectors: changes.compactMap(\.vector)) { collection, transaction in
            try Self.validate(changes, for: collection)
            var new: [NewRecord] = []
            var old: [(Record, RecordChange)] = []
            for change in changes {
                if let found = try RecordTable.find(key: change.key, in: collection, transaction) {
                    old.append((found, change))
                } else if let vector = change.vector {
                    new.append(
                        NewRecord(
                            key: change.key, text: change.text, metadata: change.metadata.compactMapValues { $0 },
                            uri: change.uri, vector: vector))
                } else {
                    throw VectorStoreError.badVector(
                        collection: collection.name, detail: "the new record \(change.key) has none")
                }
            }
            try RecordTable.update(old.map(\.0), with: old.map(\.1), collection: collection.id, in: transaction)
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
            try Self.validate(changes, for: collection)
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
                try RecordTable.id(ofKey: key, in: collection, transaction)
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

    /// The matching records in the order of their insertion, `limit` of them from `offset` on. Complexity: conditions on
    /// metadata are answered by indexes; one on texts reads those of the records that meet the others.
    public func records(matching filter: RecordFilter, limit: Int = .max, offset: Int = 0) async throws -> [Record] {
        try await page(matching: filter, limit: limit, offset: offset, includesVectors: false).records
    }

    /// The same with their vectors as they were given, in the same order; none where they are not asked for.
    public func page(
        matching filter: RecordFilter, limit: Int = .max, offset: Int = 0, includesVectors: Bool
    ) async throws -> (records: [Record], vectors: [[Float]]) {
        try await snapshot { snapshot in
            let records =
                filter.isEverything
                ? try RecordTable.page(
                    of: snapshot.collection, limit: limit, offset: offset, in: snapshot.transaction)
                : try RecordTable.fetch(
                    snapshot.ids(matching: filter, limit: limit, offset: offset), in: snapshot.transaction)
            let vectors = includesVectors ? try records.map { try snapshot.vector(of: $0.id) } : []
            return (records, vectors)
        }
    }

    /// The nearest records to each of the query's vectors.
    /// - Throws: ``VectorStoreError/dimensionMismatch(collection:expected:found:)``,
    ///   ``VectorStoreError/badVector(collection:detail:)``.
    public func query(_ query: VectorQuery) async throws -> VectorAnswer {
        try await snapshot { snapshot in
            let found = try snapshot.nearest(query)
            let hits = try found.hits.map { scored in
                let records = try RecordTable.fetch(scored.map(\.id), in: snapshot.transaction)
                return try zip(records, scored).map { record, scored in
                    VectorAnswer.Hit(
                        record: record, score: scored.score,
                        vector: query.includesVectors ? try snapshot.vector(of: record.id) : nil)
                }
            }
            return VectorAnswer(hits: hits, plan: found.plan, matches: found.matches)
        }
    }

    /// Takes out the matching records, the first `limit` of them; what matches is decided in the transaction that takes
    /// them out.
    /// - Returns: how many were taken out.
    @discardableResult
    public func remove(matching filter: RecordFilter, limit: Int = .max) async throws -> Int {
        try await index?.catchUp()
        return try await change(vectors: []) { [self] collection, transaction in
            let doomed = try snapshot(collection, in: transaction) { try $0.ids(matching: filter, limit: limit) }
            try RecordTable.remove(doomed, collection: collection.id, in: transaction)
            return doomed.count
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
        try await snapshot { try $0.count() }
    }

    private func checkKeys(_ keys: [String]) throws {
        var seen: Set<String> = []
        for key in keys where !seen.insert(key).inserted {
            throw VectorStoreError.duplicateKey(collection: description.name, key: key)
        }
    }
}
