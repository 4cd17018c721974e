import VectorIndex

/// An index of the first part of the base vectors, while the rest waits to be added. Keys are row numbers always.
struct HeldOutIndex {
    private(set) var index: HNSWIndex
    /// Rows that are in the index, in ascending order.
    private(set) var members: [Int]
    /// Rows that are not, the longest out first.
    private(set) var pool: [Int]
    let base: VectorMatrix
    let builder: IndexBuilder

    static let heldOutShare = 0.10

    /// Builds an index without the last tenth of the vectors.
    init(base: VectorMatrix, builder: IndexBuilder) throws(VectorIndexError) {
        let heldOut = Int((Double(base.count) * Self.heldOutShare).rounded())
        self.base = base
        self.builder = builder
        members = Array(0..<(base.count - heldOut))
        pool = Array((base.count - heldOut)..<base.count)
        index = try Self.build(members, base, builder)
    }

    private static func build(
        _ rows: [Int], _ base: VectorMatrix, _ builder: IndexBuilder
    ) throws(VectorIndexError) -> HNSWIndex {
        try builder.build(base.gathering(rows), keys: rows.map(UInt64.init), label: "Building with rows held out")
    }

    /// A new index of the present members.
    func freshBuild() throws(VectorIndexError) -> HNSWIndex { try Self.build(members, base, builder) }

    /// Goes on with another index of the same members.
    mutating func adopt(_ index: HNSWIndex) {
        precondition(index.count == members.count, "\(index.count) vectors for \(members.count) members")
        self.index = index
    }

    /// The exact neighbors among the present members.
    func truth(of queries: VectorMatrix) throws(VectorIndexError) -> Truth {
        Truth(
            try index.exactSearchBatch(queries.values.span, k: BenchmarkData.k, threads: builder.threads))
    }

    /// Removes these members one by one; they go to the end of the pool.
    mutating func remove(_ rows: [Int]) throws(VectorIndexError) {
        for row in rows {
            let removed = try index.remove(key: UInt64(row))
            precondition(removed, "row \(row) is no member")
        }
        let gone = Set(rows)
        members.removeAll { gone.contains($0) }
        pool.append(contentsOf: rows)
    }

    /// Adds the first rows of the pool, one by one.
    /// - Parameter added: gets the microseconds of each insert.
    mutating func addFromPool(_ count: Int, added: (Double) -> Void = { _ in }) throws(VectorIndexError) {
        precondition(count <= pool.count, "\(count) rows of \(pool.count)")
        let rows = Array(pool.prefix(count))
        let base = base
        let span = base.values.span
        for row in rows {
            let start = WorkClock.nanoseconds()
            try index.add(span.extracting(base.range(ofRow: row)), key: UInt64(row))
            added(Double(WorkClock.nanoseconds() - start) / 1e3)
        }
        pool.removeFirst(count)
        members = (members + rows).sorted()
    }

    /// Replaces these members in turn: one is removed, then the row that is longest out is added.
    ///
    /// With more members than the pool holds, rows come back that left earlier in the same call.
    mutating func replaceInTurn(_ rows: [Int]) throws(VectorIndexError) {
        var queue = pool
        queue.append(contentsOf: rows)
        let base = base
        let span = base.values.span
        for (turn, row) in rows.enumerated() {
            let removed = try index.remove(key: UInt64(row))
            precondition(removed, "row \(row) is no member")
            let next = queue[turn]
            try index.add(span.extracting(base.range(ofRow: next)), key: UInt64(next))
        }
        let added = queue.prefix(rows.count)
        pool = Array(queue.dropFirst(rows.count))
        let out = Set(pool)
        members = Set(members).union(added).subtracting(out).sorted()
    }
}
