import Store
import Threads
import VectorIndex

/// How the index follows the rows.
extension IndexCache {
    /// Rows read in one transaction.
    private static let sliceRows = 256
    private static let buildThreads = 2

    /// Applies every committed change that the index does not hold yet. Returns when it holds them all; at once while
    /// ``prepare()`` has not made it ready, as the rows answer searches till then.
    ///
    /// Runs in a task of its own: a caller that is cancelled between its commit and this call must not leave the
    /// index behind.
    func catchUp() async throws {
        guard state.isReady else { return }
        try await Task { try await applyChanges() }.value
    }

    /// Makes the index ready and up to date, and then its filters. Reading and building are given up when the task is
    /// cancelled or the program stops.
    /// - Throws: `CancellationError` then; what was there before still stands.
    func prepare() async throws {
        try await applyChanges()
        try await learnFilters()
    }

    private func checkCancellation() throws {
        try Task.checkCancellation()
        if !state.isReady || !state.knowsFilters, isStopping() { throw CancellationError() }
    }

    func applyChanges() async throws {
        try await replay.withLock {
            let applied = state.appliedSequence
            var cursor = applied
            if !state.isReady {
                try checkCancellation()
                if cursor == 0, state.count == 0 { cursor = try await buildAtOnce(atLeast: bulkBuildFloor) ?? 0 }
            }
            while true {
                if !state.isReady { try checkCancellation() }
                let delta = try await database.read { [collection, cursor] transaction in
                    try IndexDelta.read(
                        collection, stored: cursor, changed: applied, limit: Self.sliceRows, in: transaction)
                }
                try await pool.run { [state] in try state.apply(delta) }
                guard delta.mark == nil, let newest = delta.inserted.last?.id else { break }
                cursor = newest
            }
            workInBackground()
        }
    }

    /// Builds the index of many rows in one go, which takes a fraction of adding them one by one; nil where there are few.
    /// - Parameter last: rows with larger numbers are left out.
    /// - Returns: the number of the last row in it.
    func buildAtOnce(atLeast floor: Int, through last: Int64 = .max) async throws -> Int64? {
        let count = try await database.read { [collection] in try RecordTable.count(of: collection, in: $0) }
        guard count >= floor else { return nil }
        var keys: [UInt64] = []
        var vectors: [Float] = []
        vectors.reserveCapacity(count * collection.dimension)
        var cursor: Int64 = 0
        while true {
            try checkCancellation()
            let slice = try await slice(after: cursor, through: last)
            guard let newest = slice.last?.id else { break }
            for row in slice {
                keys.append(UInt64(clamping: row.id))
                vectors += row.vector
            }
            cursor = newest
        }
        let collection = collection
        let rows = (keys: keys, vectors: vectors)
        let cancelled = StopFlag()
        try await withTaskCancellationHandler {
            try await pool.run { [state, isStopping] in
                do {
                    let built = try HNSWIndex.build(
                        rows.vectors.span, keys: rows.keys, dimension: collection.dimension, metric: collection.metric,
                        parameters: collection.settings.parameters, threads: Self.buildThreads
                    ) { _ in !cancelled.isRaised && !isStopping() }
                    state.adopt(built)
                } catch VectorIndexError.cancelled {
                    throw CancellationError()
                }
            }
        } onCancel: {
            cancelled.raise()
        }
        return cursor
    }

    private func slice(after cursor: Int64, through last: Int64) async throws -> [(id: Int64, vector: [Float])] {
        try await database.read { [collection] transaction in
            try transaction.rows(
                """
                SELECT id, vector FROM records JOIN record_vectors ON record_id = id
                WHERE collection_id = $1 AND generation = $2 AND id > $3 AND id <= $5 ORDER BY id LIMIT $4
                """, [collection.id, collection.generation, cursor, Self.sliceRows, last]
            ).map { row in
                let id = try row.int(0)
                return (id, try IndexedRow.vector(row.blob(1), of: id, dimension: collection.dimension))
            }
        }
    }

    /// The file knows keys and vectors alone, and so does a build: reads what filters ask of each record. Changes go on in
    /// between; they tell the filters too, and a slice is read and learned without one between the two.
    func learnFilters() async throws {
        guard !state.knowsFilters else { return }
        var cursor: Int64 = 0
        var isThrough = false
        while !isThrough {
            try checkCancellation()
            cursor = try await replay.withLock {
                let rows = try await database.read { [collection, cursor] transaction in
                    try transaction.rows(
                        """
                        SELECT \(RecordContents.columns) FROM records
                        WHERE collection_id = $1 AND generation = $2 AND id > $3 ORDER BY id LIMIT $4
                        """, [collection.id, collection.generation, cursor, Self.learnedRows]
                    ).map { (id: try $0.int(0), contents: try RecordContents($0)) }
                }
                try await pool.run { [state] in state.learn(rows) }
                isThrough = rows.count < Self.learnedRows
                return rows.last?.id ?? cursor
            }
        }
        // What was read may be newer than the index.
        try await applyChanges()
        try await pool.run { [state] in state.finishLearning() }
    }

    /// Rows whose metadata are read in one transaction.
    private static let learnedRows = 2_000
}
