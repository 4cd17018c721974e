import Store
import VectorIndex

/// A collection as one transaction sees it: everything that is read through it belongs together.
struct CollectionSnapshot {
    let collection: CollectionDescription
    /// nil where the rows alone are to answer.
    let index: IndexCache?
    /// The number of the collection's last change.
    let sequence: Int64
    let transaction: any ReadTransaction

    /// - Throws: ``IndexMoved`` where the index belongs to another moment of the collection than `transaction` sees;
    ///   ``VectorStoreError/unknownCollection(name:)`` when it is gone.
    init(
        of collection: CollectionDescription, index: IndexCache?, in transaction: any ReadTransaction
    ) throws {
        let moment = try CollectionCatalog.moment(of: collection, in: transaction)
        guard moment.generation == collection.generation, moment.dimension == collection.dimension else {
            throw IndexMoved()
        }
        self.collection = collection
        self.index = index.flatMap { $0.isReady ? $0 : nil }
        sequence = moment.lastSequence
        self.transaction = transaction
    }

    private init(withoutIndex snapshot: CollectionSnapshot) {
        collection = snapshot.collection
        index = nil
        sequence = snapshot.sequence
        transaction = snapshot.transaction
    }

    /// The same moment, answered by the rows alone.
    var withoutIndex: CollectionSnapshot { CollectionSnapshot(withoutIndex: self) }

    // MARK: Filters

    /// The matching records in the order of their insertion, `limit` of them from `offset` on.
    /// - Throws: ``IndexMoved``.
    func ids(matching filter: RecordFilter, limit: Int = .max, offset: Int = 0) throws -> [Int64] {
        if filter.isEverything {
            return try RecordTable.ids(of: collection, limit: limit, offset: offset, in: transaction)
        }
        if let keys = filter.keys {
            let found = try Set(keys).compactMap { key in
                try RecordTable.find(key: key, in: collection, transaction)
            }
            return page(found.filter(filter.matches).map(\.id).sorted(), limit: limit, offset: offset)
        }
        guard let index, index.state.knowsFilters,
            let (certain, unsure) = try index.state.candidates(filter, at: sequence)
        else { return try scan(filter, limit: limit, offset: offset) }
        var page = Page(limit: limit, offset: offset)
        var next = certain.startIndex
        for id in unsure where !page.isFull {
            while next < certain.endIndex, certain[next] < id {
                page.add(certain[next])
                next += 1
            }
            if !page.isFull, try meetsTextCondition(id, filter) { page.add(id) }
        }
        while next < certain.endIndex, !page.isFull {
            page.add(certain[next])
            next += 1
        }
        return page.ids
    }

    private func meetsTextCondition(_ id: Int64, _ filter: RecordFilter) throws -> Bool {
        try filter.text?.matches(RecordTable.text(of: id, in: transaction)) ?? true
    }

    private func scan(_ filter: RecordFilter, limit: Int, offset: Int) throws -> [Int64] {
        var page = Page(limit: limit, offset: offset)
        try RecordTable.forEach(of: collection, in: transaction) { record in
            if filter.matches(record) { page.add(record.id) }
            return !page.isFull
        }
        return page.ids
    }

    private func page(_ ids: [Int64], limit: Int, offset: Int) -> [Int64] {
        Array(ids.dropFirst(offset).prefix(limit))
    }

    /// `limit` of the ids that come, from `offset` on.
    private struct Page {
        let limit: Int
        let offset: Int
        private(set) var ids: [Int64] = []
        private var skipped = 0

        init(limit: Int, offset: Int) {
            self.limit = limit
            self.offset = offset
        }

        var isFull: Bool { ids.count >= limit }

        mutating func add(_ id: Int64) {
            if skipped < offset { skipped += 1 } else if !isFull { ids.append(id) }
        }
    }

    func count() throws -> Int {
        if let index, let count = index.state.count(at: sequence) { return count }
        return try RecordTable.count(of: collection, in: transaction)
    }

    // MARK: Vectors

    /// The vector of a record that this snapshot has, as it was given.
    func vector(of id: Int64) throws -> [Float] {
        guard let vector = try RecordTable.vector(of: id, dimension: collection.dimension, in: transaction) else {
            throw VectorStoreError.damagedRow(
                table: "record_vectors", id: String(id), detail: "the record has no vector")
        }
        return vector
    }

    /// The nearest records for each of the query's vectors.
    /// - Throws: ``IndexMoved``; ``VectorStoreError/dimensionMismatch(collection:expected:found:)`` and
    ///   ``VectorStoreError/badVector(collection:detail:)``.
    func nearest(_ query: VectorQuery) throws -> FoundVectors {
        for vector in query.vectors { try check(vector) }
        guard query.limit > 0, collection.dimension > 0 else {
            return FoundVectors(hits: query.vectors.map { _ in [] }, plan: .exact, matches: 0)
        }
        let ids = query.filter.keys == nil ? nil : try self.ids(matching: query.filter)
        guard let index, ids != nil || query.filter.asksNoContents || index.state.knowsFilters else {
            var scan = RowScan(query.vectors, k: query.limit, in: collection)
            if let ids { try scan.scan(ids, in: transaction) } else { try scan.scan(query.filter, in: transaction) }
            return scan.found
        }
        var search = IndexSearch(
            queries: query.vectors, k: query.limit, filter: query.filter, ids: ids,
            efSearch: query.efSearch ?? collection.settings.parameters.efSearch, exactUpTo: query.exactUpTo)
        guard ids == nil, query.filter.text != nil else {
            return FoundVectors(try index.state.search(search, at: sequence), metric: collection.metric)
        }
        // The texts of those found are read; where too few have what is asked for, more are found.
        search.k = min(query.limit, .max - Self.spareHits) + Self.spareHits
        while true {
            var found = FoundVectors(try index.state.search(search, at: sequence), metric: collection.metric)
            for number in found.hits.indices {
                found.hits[number] = try found.hits[number].filter { try meetsTextCondition($0.id, query.filter) }
            }
            if search.k >= found.matches || found.hits.allSatisfy({ $0.count >= query.limit }) {
                for number in found.hits.indices { found.hits[number] = Array(found.hits[number].prefix(query.limit)) }
                return found
            }
            search.k = search.k > found.matches / Self.widening ? found.matches : search.k * Self.widening
        }
    }

    /// Hits looked at beyond those asked for when texts are to be read, and the factor by which they become more.
    private static let spareHits = 6
    private static let widening = 4

    /// - Throws: as ``nearest(_:)``. While no record has fixed the dimension, a query can have any.
    private func check(_ query: [Float]) throws {
        guard query.count == collection.dimension || collection.dimension == 0 else {
            throw VectorStoreError.dimensionMismatch(
                collection: collection.name, expected: collection.dimension, found: query.count)
        }
        guard query.allSatisfy(\.isFinite) else {
            throw VectorStoreError.badVector(
                collection: collection.name, detail: "the query has a number that is not finite")
        }
    }
}

extension FoundVectors {
    init(_ answer: IndexAnswer, metric: Metric) {
        hits = answer.neighbors.map { neighbors in
            neighbors.map {
                ScoredRecord(id: Int64(clamping: $0.key), score: metric.score(fromDistance: $0.distance))
            }
        }
        plan = SearchPlan(answer.method)
        matches = answer.matches
    }
}
