import Kernels

/// An index of vectors under the caller's 64-bit keys that finds the nearest ones to a query.
///
/// The graph is HNSW (see `HNSWGraph` for what is added to the paper). The same parameters and the same order of changes
/// make the same graph on every machine whose SIMD level rounds alike, also when files are written and opened in between.
///
/// **Threads.** Any number of searches may run in parallel. `add` and `remove` need the index for themselves: the caller
/// holds a lock that excludes searches and other changes. `write` counts as a search.
///
/// **Blocking.** All work is done on the calling thread, and `write` and `open` wait for the disk: call from a thread that
/// may block. With 20,000 vectors of 384 dimensions an `add` took about 0.3 ms and a search 0.2 ms (one core of Zen 4).
public final class HNSWIndex: @unchecked Sendable {
    public let dimension: Int
    public let metric: Metric
    public let parameters: HNSWParameters

    let graph: HNSWGraph
    let rows: VectorRows
    /// By slot; 0 where the slot is free.
    private(set) var keys: [UInt64]
    private var slots: [UInt64: UInt32]
    /// The number of membership changes since the index was made or opened; bitmaps carry it.
    private(set) var generation: UInt64 = 0
    private let scratchPool: ScratchPool

    /// The dimensions that an index can have.
    public static let dimensions = 1...4_096

    /// Makes an empty index.
    ///
    /// - Throws: `invalidParameter` for a dimension outside `dimensions` or a parameter outside its range.
    public init(
        dimension: Int, metric: Metric, parameters: HNSWParameters = .init()
    ) throws(VectorIndexError) {
        try HNSWParameters.check(dimension, in: Self.dimensions, name: "dimension")
        try parameters.validate()
        self.dimension = dimension
        self.metric = metric
        self.parameters = parameters
        graph = HNSWGraph(m: parameters.m, m0: parameters.m0, seed: parameters.seed)
        rows = VectorRows(dimension: dimension, metric: metric)
        keys = []
        slots = [:]
        scratchPool = ScratchPool(stride: rows.stride, degreeLimit: parameters.m0)
    }

    /// Takes over what the reader of an index file has built and proven.
    init(
        parameters: HNSWParameters, graph: HNSWGraph, rows: VectorRows, keys: [UInt64], slots: [UInt64: UInt32]
    ) {
        dimension = rows.dimension
        metric = rows.metric
        self.parameters = parameters
        self.graph = graph
        self.rows = rows
        self.keys = keys
        self.slots = slots
        scratchPool = ScratchPool(stride: rows.stride, degreeLimit: parameters.m0)
    }

    // MARK: Membership

    /// The number of vectors.
    public var count: Int { graph.liveCount }

    public func contains(key: UInt64) -> Bool { slots[key] != nil }

    /// The vector under `key` as stored: unit-length for cosine.
    public func vector(forKey key: UInt64) -> [Float]? { slots[key].map { rows.copy($0) } }

    /// Adds `vector` under `key`, replacing the one that is there.
    ///
    /// - Throws: `dimensionMismatch`, `notFinite`, `zeroVector` (cosine), `magnitudeTooLarge` (dot, l2), `indexFull`;
    ///   the index is unchanged then.
    public func add(_ vector: Span<Float>, key: UInt64) throws(VectorIndexError) {
        try scratchPool.withScratch { (scratch) throws(VectorIndexError) in
            try unsafe metric.prepare(vector, dimension: dimension, into: scratch.query.base)
            let builder = HNSWBuilder(graph: graph, rows: rows, efConstruction: parameters.efConstruction)
            let slot: UInt32
            if let current = slots[key] {
                builder.detach(current)
                slot = current
            } else {
                slot = try graph.occupySlot()
                rows.grow(toHold: graph.slotCount)
                if keys.count < graph.slotCount { keys.append(key) } else { keys[Int(slot)] = key }
                slots[key] = slot
                generation += 1
            }
            // SAFETY: both rows hold `stride` floats; the scratch's was filled above and padded when it was made.
            unsafe rows.row(slot).update(from: scratch.query.base, count: rows.stride)
            builder.insert(slot, scratch: scratch)
        }
    }

    /// Adds `vector` under `key`; as for a span.
    public func add(_ vector: [Float], key: UInt64) throws(VectorIndexError) {
        try add(vector.span, key: key)
    }

    /// Removes the vector under `key`, repairs the graph around it and frees its slot for another; false if there is none.
    @discardableResult
    public func remove(key: UInt64) -> Bool {
        guard let slot = slots.removeValue(forKey: key) else { return false }
        HNSWBuilder(graph: graph, rows: rows, efConstruction: parameters.efConstruction).remove(slot)
        keys[Int(slot)] = 0
        generation += 1
        return true
    }

    // MARK: Search

    /// The approximately nearest vectors: min(k, matches) of them, nearest first, equal distances by key.
    ///
    /// With `allowed` only keys in the bitmap are returned. Where the index or the set of matches is so small that a full
    /// scan costs no more than the walk, it scans, and the result is exact; so it does when the walk runs long or finds
    /// too few.
    ///
    /// - Parameters:
    ///   - k: 1 or more.
    ///   - efSearch: overrides the parameter of the index: larger is slower and finds more of the true nearest ones.
    ///   - allowed: made by `makeBitmap` since the last change of membership.
    /// - Throws: `invalidParameter`, `staleBitmap`, and for the query what `add` throws for a vector.
    public func search(
        _ query: [Float], k: Int, efSearch: Int? = nil, allowed: SlotBitmap? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        let efSearch = efSearch ?? parameters.efSearch
        try HNSWParameters.check(efSearch, in: 1...HNSWParameters.maximumEfSearch, name: "efSearch")
        return try unsafe withPrepared(query, k: k, allowed: allowed) { query, k, matches, scratch in
            let ef = min(max(efSearch, k), count)
            if ExactSearch.isCheaper(matches: matches, count: count, ef: ef) {
                unsafe scan(query, k, allowed, scratch)
                return
            }
            unsafe walk(query, ef: ef, allowed: allowed, scoreLimit: allowed == nil ? .max : max(matches, ef), scratch)
            if scratch.results.count < min(ef, matches) {
                unsafe scan(query, k, allowed, scratch)
            }
        }
    }

    /// The nearest vectors by a full scan: min(k, matches) of them, nearest first, equal distances by key.
    ///
    /// Where more are equally near than there is room for, the lower slots win. Parameters and errors as for `search`.
    /// Time: one score a match.
    public func exactSearch(
        _ query: [Float], k: Int, allowed: SlotBitmap? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        try unsafe withPrepared(query, k: k, allowed: allowed) { query, k, _, scratch in
            unsafe scan(query, k, allowed, scratch)
        }
    }

    /// The nearest vectors by the walk alone, however small the index; tests measure the graph with it.
    func graphSearch(
        _ query: [Float], k: Int, efSearch: Int, allowed: SlotBitmap? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        try unsafe withPrepared(query, k: k, allowed: allowed) { query, k, _, scratch in
            unsafe walk(query, ef: min(max(efSearch, k), count), allowed: allowed, scoreLimit: .max, scratch)
        }
    }

    // MARK: Filters

    /// The slots of the keys that `isAllowed` accepts. Time: one call a vector.
    public func makeBitmap(where isAllowed: (UInt64) -> Bool) -> SlotBitmap {
        var bitmap = SlotBitmap(slotCount: graph.slotCount, generation: generation)
        for slot in 0..<graph.slotCount where graph.live[slot] && isAllowed(keys[slot]) { bitmap.insert(UInt32(slot)) }
        return bitmap
    }

    /// The slots of those of `keys` that the index holds.
    public func makeBitmap(keys: some Sequence<UInt64>) -> SlotBitmap {
        var bitmap = SlotBitmap(slotCount: graph.slotCount, generation: generation)
        for key in keys { if let slot = slots[key] { bitmap.insert(slot) } }
        return bitmap
    }

    // MARK: Looking inside

    /// Describes every broken promise of the index in a sentence; empty means sound. Slow: reads everything.
    public func checkInvariants() -> [String] {
        var problems = graph.checkInvariants()
        if slots.count != count { problems.append("\(slots.count) keys for \(count) vectors") }
        if keys.count != graph.slotCount { problems.append("\(keys.count) keys for \(graph.slotCount) slots") }
        for (key, slot) in slots where !graph.isLive(slot) || keys[Int(slot)] != key {
            problems.append("key \(key) belongs to slot \(slot), but not the other way round")
        }
        return problems
    }

    /// A few lines about the index for a person.
    public func dump() -> String {
        "\(count) vectors, dimension \(dimension), \(metric), kernels \(rows.kernels.level)\n" + graph.dump()
    }

    /// The node of one key: level, parent, neighbors by slot; nil if there is none.
    public func dump(key: UInt64) -> String? { slots[key].map { graph.dump(slot: $0) } }

    // MARK: Parts of a search

    /// Checks the arguments, prepares the query, lets `body` fill the results of a scratch and turns them into neighbors.
    private func withPrepared(
        _ query: [Float], k: Int, allowed: SlotBitmap?,
        _ body: (_ query: UnsafePointer<Float>, _ k: Int, _ matches: Int, SearchScratch) -> Void
    ) throws(VectorIndexError) -> [Neighbor] {
        guard k >= 1 else { throw .invalidParameter(name: "k", value: k, allowed: "1 or more") }
        if let allowed, allowed.generation != generation || allowed.slotCount != graph.slotCount {
            throw .staleBitmap(expectedGeneration: generation, foundGeneration: allowed.generation)
        }
        return try scratchPool.withScratch { (scratch) throws(VectorIndexError) in
            try unsafe metric.prepare(query.span, dimension: dimension, into: scratch.query.base)
            let matches = allowed?.count ?? count
            guard matches > 0 else { return [] }
            let k = min(k, matches)
            unsafe body(scratch.query.base, k, matches, scratch)
            var neighbors = scratch.takeResults().map { Neighbor(key: keys[Int($0.slot)], distance: $0.distance) }
            neighbors.sort { ($0.distance, $0.key) < ($1.distance, $1.key) }
            return Array(neighbors.prefix(k))
        }
    }

    private func walk(
        _ query: UnsafePointer<Float>, ef: Int, allowed: SlotBitmap?, scoreLimit: Int, _ scratch: SearchScratch
    ) {
        guard let entryPoint = graph.entryPoint else { return }
        let searcher = HNSWSearcher(graph: graph, rows: rows)
        let start = unsafe searcher.descend(query: query, from: entryPoint, to: 0, scratch: scratch)
        let isComplete = unsafe searcher.walk(
            query: query, level: 0, from: start, ef: ef, allowed: allowed, scoreLimit: scoreLimit, scratch: scratch)
        if !isComplete { scratch.results.removeAll() }
    }

    private func scan(_ query: UnsafePointer<Float>, _ k: Int, _ allowed: SlotBitmap?, _ scratch: SearchScratch) {
        unsafe ExactSearch(graph: graph, rows: rows).search(query: query, k: k, allowed: allowed, scratch: scratch)
    }
}
