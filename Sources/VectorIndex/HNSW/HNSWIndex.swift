import Kernels

/// An index of vectors under the caller's 64-bit keys that finds the nearest ones to a query.
///
/// The graph is HNSW (see `HNSWGraph` for what is added to the paper), walked over short codes of the vectors (see
/// `VectorCodes`). The same parameters and the same order of changes make the same graph on every machine whose SIMD level
/// rounds alike, also when files are written and opened in between.
///
/// **Threads.** Every method may be called from any thread. Searches run in parallel; `add` and `remove` follow one another
/// and keep searches out only while they change links, some tens of microseconds, and while memory grows, which copies it.
///
/// **Blocking.** All work is done on the calling thread (and on more, where `threads` says so), and `write` and `open` wait
/// for the disk: call from a thread that may block.
public final class HNSWIndex: @unchecked Sendable {
    // SAFETY (Sendable): everything below `lock` is read under it and changed under `writer` and it; the writer alone may
    // read without it.
    public let dimension: Int
    public let metric: Metric
    public let parameters: HNSWParameters

    private let writer = ExclusiveLock()
    let lock = SharedLock()
    let graph: HNSWGraph
    let rows: VectorRows
    private(set) var codes: VectorCodes?
    /// The number of vectors when the codes were last made; 0 without codes.
    private(set) var trainedCount: Int
    private(set) var keys: KeyTable
    /// The slots of vectors that are found by a scan until `settle` puts them into the graph, or frees them where the vector
    /// has been withdrawn meanwhile.
    private var unlinked: [UInt32]
    /// The slots of withdrawn vectors whose nodes are still part of the graph.
    private var withdrawn: [UInt32] = []
    /// The slots that searches find: the live ones without those of withdrawn vectors.
    private var visible: SlotBitmap
    /// What has to be checked of a file before the index may change; nil once that is done.
    private var pendingProof: (() throws(VectorIndexError) -> Void)?
    let scratchPool: ScratchPool

    /// The dimensions that an index can have.
    public static let dimensions = 1...4_096

    /// Makes an empty index.
    ///
    /// - Throws: `invalidParameter` for a dimension outside `dimensions` or a parameter outside its range.
    public convenience init(
        dimension: Int, metric: Metric, parameters: HNSWParameters = .init()
    ) throws(VectorIndexError) {
        try HNSWParameters.check(dimension, in: Self.dimensions, name: "dimension")
        try parameters.validate()
        self.init(
            parameters: parameters, graph: HNSWGraph(m: parameters.m, m0: parameters.m0, seed: parameters.seed),
            rows: VectorRows(dimension: dimension, metric: metric, format: parameters.rows), codes: nil,
            trainedCount: 0, keys: KeyTable())
    }

    /// Takes over what a bulk build has made or the reader of a file has found.
    init(
        parameters: HNSWParameters, graph: HNSWGraph, rows: VectorRows, codes: VectorCodes?, trainedCount: Int,
        keys: KeyTable, unlinked: [UInt32] = [], pendingProof: (() throws(VectorIndexError) -> Void)? = nil
    ) {
        dimension = rows.dimension
        metric = rows.metric
        self.parameters = parameters
        self.graph = graph
        self.rows = rows
        self.codes = codes
        self.trainedCount = trainedCount
        self.keys = keys
        self.unlinked = unlinked
        self.pendingProof = pendingProof
        visible = SlotBitmap(slotCount: graph.slotCount, generation: UInt64.random(in: 0...(.max >> 1)))
        for slot in 0..<graph.slotCount where graph.live[slot] { visible.insert(UInt32(slot)) }
        scratchPool = ScratchPool(shape: SearchScratch.Shape(dimension: rows.dimension, parameters: parameters))
    }

    // MARK: Membership

    /// The number of vectors.
    public var count: Int { lock.reading { visible.count } }

    /// The number of slots, those that wait for another vector among them: what memory and files are as large as.
    public var slotCount: Int { lock.reading { graph.slotCount } }

    public func contains(key: UInt64) -> Bool { lock.reading { keys[key] != nil } }

    /// The vector under `key` as stored: unit-length for cosine, rounded to their format.
    public func vector(forKey key: UInt64) -> [Float]? { lock.reading { keys[key].map { rows.copy($0) } } }

    /// Adds `vector` under `key`, replacing the one that is there; searches see the old one or the new one.
    ///
    /// - Throws: `dimensionMismatch`, `notFinite`, `magnitudeTooLarge` and `componentTooLarge`
    ///   (dot, l2), `indexFull`, and
    ///   for an opened file `damagedFile`; the index is unchanged then.
    public func add(_ vector: Span<Float>, key: UInt64) throws(VectorIndexError) {
        try scratchPool.withScratch { (scratch) throws(VectorIndexError) in
            try unsafe metric.prepare(
                vector, dimension: dimension, format: parameters.rows, into: scratch.query.base)
            try writer.locked { () throws(VectorIndexError) in
                try prove()
                try insert(key: key, scratch: scratch)
                trainCodesIfDue()
            }
        }
    }

    /// Adds `vector` under `key`; as for a span.
    public func add(_ vector: [Float], key: UInt64) throws(VectorIndexError) { try add(vector.span, key: key) }

    /// Adds `vector` under `key` without links, in a few microseconds: searches scan such vectors beside their walk, so that
    /// the answers miss none of them, and grow slower with their number until `settle` has put them into the graph.
    ///
    /// - Returns: the slot, which stays the key's until it is removed.
    /// - Throws: what `add` throws, and `keyExists`.
    @discardableResult
    public func append(_ vector: Span<Float>, key: UInt64) throws(VectorIndexError) -> UInt32 {
        try scratchPool.withScratch { (scratch) throws(VectorIndexError) in
            let query = unsafe scratch.query.base
            try unsafe metric.prepare(vector, dimension: dimension, format: parameters.rows, into: query)
            return try writer.locked { () throws(VectorIndexError) in
                try prove()
                guard keys[key] == nil else { throw .keyExists(key) }
                _ = try graph.levelOfNextSlot()
                let slot = lock.writing {
                    let slot = unsafe occupySlot(for: key, vector: query, scratch: scratch)
                    unlinked.append(slot)
                    return slot
                }
                trainCodesIfDue()
                return slot
            }
        }
    }

    /// Takes the vector under `key` out of all answers, in a microsecond; `settle` frees its slot and repairs the graph. The
    /// vector's bytes stay in memory until then, and in no file.
    ///
    /// - Returns: the slot that the key had; nil if there is no such key.
    /// - Throws: for an opened file `damagedFile`.
    @discardableResult
    public func withdraw(key: UInt64) throws(VectorIndexError) -> UInt32? {
        try writer.locked { () throws(VectorIndexError) in
            try prove()
            return lock.writing {
                guard let slot = keys.remove(key) else { return nil }
                visible.remove(slot)
                if graph.isLinked(slot) { withdrawn.append(slot) }
                return slot
            }
        }
    }

    /// The number of vectors that `append` has added or `withdraw` has taken and `settle` has not dealt with yet.
    public var unsettledCount: Int { lock.reading { unlinked.count + withdrawn.count } }

    /// Puts up to `limit` of the vectors that `append` has added into the graph, newest first, and takes withdrawn ones out of
    /// it; 0.2 ms each.
    ///
    /// - Returns: how many are left.
    /// - Throws: for an opened file `damagedFile`.
    @discardableResult
    public func settle(atMost limit: Int) throws(VectorIndexError) -> Int {
        try scratchPool.withScratch { (scratch) throws(VectorIndexError) in
            for _ in 0..<max(0, limit) {
                let isDone = try writer.locked { () throws(VectorIndexError) in
                    try prove()
                    if removeOneWithdrawn() { return false }
                    guard let slot = unlinked.last else { return true }
                    let query = unsafe scratch.query.base
                    unsafe rows.load(slot, into: query)
                    if let codes { unsafe codes.prepare(query, into: scratch.beam.queryCode) }
                    let candidates = builder.candidates(upTo: graph.level(of: slot), except: slot, scratch: scratch)
                    lock.writing {
                        unlinked.removeLast()
                        builder.link(slot, candidates: candidates)
                    }
                    return false
                }
                if isDone { break }
            }
            return unsettledCount
        }
    }

    /// Frees the slot of one withdrawn vector; false if there is none at the ends of both lists. Under the writer's lock.
    private func removeOneWithdrawn() -> Bool {
        if let slot = unlinked.last, !visible.contains(slot) {
            lock.writing {
                unlinked.removeLast()
                graph.releaseSlot(slot)
                clear(slot)
            }
            return true
        }
        guard let slot = withdrawn.last else { return false }
        lock.writing {
            withdrawn.removeLast()
            builder.remove(slot)
            clear(slot)
        }
        return true
    }

    /// Nothing of a removed vector stays, not in files either.
    private func clear(_ slot: UInt32) {
        rows.clear(slot)
        codes?.clear(slot)
    }

    /// Gives a new key a slot with its vector, which then counts, but has no links. Under both locks.
    @unsafe
    private func occupySlot(for key: UInt64, vector: UnsafePointer<Float>, scratch: SearchScratch) -> UInt32 {
        let slot = graph.occupySlot()
        rows.grow(toHold: graph.slotCount)
        codes?.grow(toHold: graph.slotCount)
        keys.insert(key, slot: slot)
        graph.publish(slot)
        visible.admit(slot)
        // SAFETY: a padded vector, as the caller says; there is room for the slot.
        unsafe store(vector, slot: slot, scratch: scratch)
        return slot
    }

    /// Writes a padded vector to a slot that has memory. Under both locks.
    @unsafe
    private func store(_ vector: UnsafePointer<Float>, slot: UInt32, scratch: SearchScratch) {
        unsafe rows.store(vector, slot: slot)
        if let codes { unsafe codes.encode(vector, slot: slot, scratch: scratch.beam.queryCode) }
    }

    /// The writer's part of `add`; the scratch holds the padded vector.
    private func insert(key: UInt64, scratch: SearchScratch) throws(VectorIndexError) {
        let query = unsafe scratch.query.base
        let present = keys[key]
        if let present, let place = unlinked.firstIndex(of: present) {
            lock.writing {
                unlinked.remove(at: place)
                unlinked.append(present)
                unsafe store(query, slot: present, scratch: scratch)
            }
            return
        }
        // What is coded and linked is the vector as stored.
        unsafe rows.round(query)
        if let codes { unsafe codes.prepare(query, into: scratch.beam.queryCode) }
        // No other writer runs, so that what is found here still stands when the links are made.
        let level: Int
        if let present { level = graph.level(of: present) } else { level = try graph.levelOfNextSlot() }
        let candidates = builder.candidates(upTo: level, except: present, scratch: scratch)
        lock.writing {
            let slot: UInt32
            if let present {
                slot = present
                builder.detach(slot)
                unsafe store(query, slot: slot, scratch: scratch)
            } else {
                slot = unsafe occupySlot(for: key, vector: query, scratch: scratch)
            }
            builder.link(slot, candidates: candidates)
        }
    }

    private var builder: HNSWBuilder {
        HNSWBuilder(graph: graph, rows: rows, codes: codes, efConstruction: parameters.efConstruction)
    }

    /// Begins to keep codes, or makes them anew, when the index has grown enough; searches go on meanwhile.
    private func trainCodesIfDue() {
        guard CodeTraining.isDue(count: graph.liveCount, trainedCount: trainedCount) else { return }
        // Without memory for it the index goes on as it is, and the next vector tries again.
        guard
            let made = try? CodeTraining.makeCodes(
                scheme: parameters.codes, rows: rows, slotCount: graph.slotCount, live: graph.live,
                seed: parameters.seed)
        else { return }
        trainedCount = graph.liveCount
        lock.writing { codes = made }
    }

    /// Removes the vector under `key`, repairs the graph around it and frees its slot for another; false if there is none.
    ///
    /// - Throws: for an opened file `damagedFile`.
    @discardableResult
    public func remove(key: UInt64) throws(VectorIndexError) -> Bool {
        try writer.locked { () throws(VectorIndexError) in
            try prove()
            guard keys[key] != nil else { return false }
            lock.writing {
                guard let slot = keys.remove(key) else { return }
                visible.remove(slot)
                if let place = unlinked.firstIndex(of: slot) {
                    unlinked.remove(at: place)
                    graph.releaseSlot(slot)
                } else {
                    builder.remove(slot)
                }
                clear(slot)
            }
            return true
        }
    }

    /// Checks all of an opened file that `open` has left for later: every vector and every link. Nothing to do for an
    /// index that was made in memory or has been changed. Time: that of reading the file once.
    ///
    /// - Throws: `damagedFile`: delete the file and rebuild.
    public func verify() throws(VectorIndexError) {
        try writer.locked { () throws(VectorIndexError) in try prove() }
    }

    private func prove() throws(VectorIndexError) {
        try pendingProof?()
        pendingProof = nil
    }

    // MARK: Search

    /// The approximately nearest vectors: min(k, matches) of them, nearest first, equal distances by key.
    ///
    /// Distances are exact (of the stored vectors). With `allowed` only keys in the bitmap are returned. Where the index or
    /// the set of matches is so small that a full scan costs no more than the walk, it scans, and the result is exact; so it
    /// does when the walk finds too few.
    ///
    /// - Parameters:
    ///   - k: 1 or more.
    ///   - efSearch: overrides the parameter of the index: larger is slower and finds more of the true nearest ones.
    ///   - allowed: made by `makeBitmap` since the last change of membership.
    /// - Throws: `invalidParameter`, `staleBitmap`, and for the query what `add` throws for a vector.
    public func search(
        _ query: Span<Float>, k: Int, efSearch: Int? = nil, allowed: SlotBitmap? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        let ef = try checkedWidth(efSearch)
        return try withPrepared(query, k: k, allowed: allowed) { k, allowed, matches, scratch in
            planned(k: k, matches: matches, ef: ef, allowed: allowed, scratch).ranks
        }
    }

    /// Searches by the cheapest plan; also returns the one that gave the answer.
    private func planned(
        k: Int, matches: Int, ef: Int, allowed: SlotBitmap?, _ scratch: SearchScratch
    ) -> (ranks: [UInt64], plan: SearchPlan) {
        // What allows all is no filter.
        let allowed = matches == graph.liveCount ? nil : allowed
        let plan = SearchPlan.choose(
            matches: matches, count: graph.liveCount, ef: max(ef, k), isFiltered: allowed != nil,
            hasCodes: codes != nil)
        switch plan {
        case .scan: break
        case .scanCodes(let reranked):
            if let found = scanCodes(k: k, reranked: reranked, allowed: allowed, scratch) { return (found, plan) }
        case .walk(let width):
            let found = withUnlinked(walk(width: max(width, k), k: k, scratch), k: k, allowed: nil, scratch)
            if found.count == k { return (found, plan) }
        case .filteredWalk(let ef):
            guard let allowed else { break }
            let found = withUnlinked(
                filteredWalk(ef: max(ef, k), k: k, allowed: allowed, scratch), k: k, allowed: allowed, scratch)
            if found.count == k { return (found, plan) }
            if let found = scanCodes(k: k, reranked: SearchPlan.leastReranked, allowed: allowed, scratch) {
                return (found, .scanCodes(reranked: SearchPlan.leastReranked))
            }
        }
        return (scan(k: k, allowed: allowed, scratch), .scan)
    }

    /// The `k` nearest by code; nil where that finds too few, or there are no codes.
    private func scanCodes(k: Int, reranked: Int, allowed: SlotBitmap?, _ scratch: SearchScratch) -> [UInt64]? {
        guard let codes else { return nil }
        unsafe codes.prepare(scratch.query.base, into: scratch.beam.queryCode)
        search.searchCodes(codes, k: k, reranked: max(reranked, k), allowed: allowed, scratch: scratch)
        let found = scratch.nearest.takeSorted()
        return found.count == k ? found : nil
    }

    public func search(
        _ query: [Float], k: Int, efSearch: Int? = nil, allowed: SlotBitmap? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        try search(query.span, k: k, efSearch: efSearch, allowed: allowed)
    }

    /// The nearest vectors by a full scan: min(k, matches) of them, nearest first, equal distances by key.
    ///
    /// Where more are equally near than there is room for, the lower slots win. Parameters and errors as for `search`.
    /// Time: one score a match.
    public func exactSearch(
        _ query: Span<Float>, k: Int, allowed: SlotBitmap? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        try withPrepared(query, k: k, allowed: allowed) { k, allowed, _, scratch in
            scan(k: k, allowed: allowed, scratch)
        }
    }

    public func exactSearch(
        _ query: [Float], k: Int, allowed: SlotBitmap? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        try exactSearch(query.span, k: k, allowed: allowed)
    }

    /// The nearest vectors by the walk alone, however small the index; tests measure the graph with it.
    func graphSearch(
        _ query: [Float], k: Int, efSearch: Int, allowed: SlotBitmap? = nil, hops: Int = 1
    ) throws(VectorIndexError) -> [Neighbor] {
        try withPrepared(query.span, k: k, allowed: allowed) { k, allowed, _, scratch in
            let width = min(max(efSearch, k), graph.liveCount)
            guard let allowed else { return walk(width: width, k: k, scratch) }
            return allowed.withWords { words in
                guard let words, let start = descend(scratch) else { return [] }
                return walk(
                    FilteredWalk(width: width, staysInside: hops == 2), k: k, from: start, allowed: allowed, words,
                    scratch)
            }
        }
    }

    /// Searches as `search` does, but by a full scan where at most `exactUpTo` vectors can be found; also tells how the
    /// answer was found. Parameters and errors as for `search`.
    public func search(
        _ query: Span<Float>, k: Int, efSearch: Int? = nil, exactUpTo: Int, allowed: SlotBitmap? = nil
    ) throws(VectorIndexError) -> (neighbors: [Neighbor], method: SearchMethod) {
        let ef = try checkedWidth(efSearch)
        var method = SearchMethod.scan
        let found = try withPrepared(query, k: k, allowed: allowed) { k, allowed, matches, scratch in
            if matches <= exactUpTo { return scan(k: k, allowed: allowed, scratch) }
            let (ranks, plan) = planned(k: k, matches: matches, ef: ef, allowed: allowed, scratch)
            method = SearchMethod(plan)
            return ranks
        }
        return (found, method)
    }

    // MARK: Many queries

    /// `search` without a filter for many queries: row-major, count·dimension floats. Several walks take turns on a thread,
    /// so that one computes while another waits for memory.
    ///
    /// - Throws: `invalidParameter` also for a `threads` outside 1...64, `dimensionMismatch` with the remainder for a number
    ///   of floats that is no multiple of the dimension; for the queries what `search` throws.
    public func searchBatch(
        _ queries: Span<Float>, k: Int, efSearch: Int? = nil, threads: Int = 1
    ) throws(VectorIndexError) -> [[Neighbor]] {
        let ef = try checkedWidth(efSearch)
        let (prepared, count) = try preparedBatch(queries, k: k, threads: threads)
        return lock.reading {
            let k = min(k, visible.count)
            guard count > 0, k > 0 else { return Array(repeating: [], count: count) }
            if let allowed = unlessAllVisible {
                return neighbors(
                    (0..<count).map { number in
                        withQuery(number, of: prepared) { scratch in
                            planned(k: k, matches: allowed.count, ef: ef, allowed: allowed, scratch).ranks
                                .map { Candidate(rank: $0) }
                        }
                    })
            }
            let plan = SearchPlan.choose(
                matches: graph.liveCount, count: graph.liveCount, ef: max(ef, k), isFiltered: false,
                hasCodes: codes != nil)
            if plan == .scan {
                return neighbors(
                    ExactBatch(graph: graph, rows: rows).search(prepared, count: count, k: k, threads: threads))
            }
            let batch = WalkBatch(searcher: searcher, scratchPool: scratchPool)
            let found = batch.search(prepared, count: count, k: k, ef: max(ef, k), threads: threads)
            // A walk that found too few, for damaged estimates say, gives way to a scan.
            return neighbors(
                found.indices.map { number in
                    let found = withUnlinked(found[number], prepared, number: number, k: k)
                    return found.count == k ? found : scan(prepared, number: number, k: k)
                })
        }
    }

    /// `exactSearch` without a filter for many queries, as blocked matrix products. Shapes and errors as for `searchBatch`.
    public func exactSearchBatch(
        _ queries: Span<Float>, k: Int, threads: Int = 1
    ) throws(VectorIndexError) -> [[Neighbor]] {
        let (prepared, count) = try preparedBatch(queries, k: k, threads: threads)
        return lock.reading {
            let k = min(k, visible.count)
            guard count > 0, k > 0 else { return Array(repeating: [], count: count) }
            if let allowed = unlessAllVisible {
                return neighbors((0..<count).map { scan(prepared, number: $0, k: k, allowed: allowed) })
            }
            return neighbors(
                ExactBatch(graph: graph, rows: rows).search(prepared, count: count, k: k, threads: threads))
        }
    }

    /// Results of a batch in all; more would take gigabytes.
    private static let maximumBatchResults = 1 << 28

    private func preparedBatch(
        _ queries: Span<Float>, k: Int, threads: Int
    ) throws(VectorIndexError) -> (AlignedBuffer<Float>, count: Int) {
        guard k >= 1 else { throw .invalidParameter(name: "k", value: k, allowed: "1 or more") }
        try HNSWParameters.check(threads, in: 1...ParallelLoop.threadLimit, name: "threads")
        guard queries.count % dimension == 0 else {
            throw .dimensionMismatch(expected: dimension, found: queries.count % dimension)
        }
        let count = queries.count / dimension
        guard min(k, self.count) <= Self.maximumBatchResults / max(1, count) else {
            throw .invalidParameter(
                name: "k", value: k, allowed: "at most \(Self.maximumBatchResults / count) for so many queries")
        }
        let stride = VectorRows.queryStride(dimension: dimension)
        let prepared = AlignedBuffer<Float>(capacity: count * stride)
        for number in 0..<count {
            // SAFETY: the buffer holds `count` padded queries.
            try unsafe metric.prepare(
                queries.extracting((number * dimension)..<((number + 1) * dimension)), dimension: dimension,
                into: prepared.base + number * stride)
        }
        return (prepared, count)
    }

    private func neighbors(_ lists: [[Candidate]]) -> [[Neighbor]] {
        lists.map { list in
            var found = list.map { Neighbor(key: keys.key(of: $0.slot), distance: $0.distance) }
            found.sort { ($0.distance, $0.key) < ($1.distance, $1.key) }
            return found
        }
    }

    // MARK: Filters

    /// The slots of the keys that `isAllowed` accepts, which must not call the index. Time: one call a vector.
    public func makeBitmap(where isAllowed: (UInt64) -> Bool) -> SlotBitmap {
        lock.reading { visible.filtered { isAllowed(keys.key(of: $0)) } }
    }

    /// The slots of those of `keys` that the index holds.
    public func makeBitmap(keys wanted: some Sequence<UInt64>) -> SlotBitmap {
        // Before the lock: a sequence that asks the index while a writer waits would wait for ever.
        let wanted = Array(wanted)
        return lock.reading {
            var bitmap = SlotBitmap(slotCount: graph.slotCount, generation: visible.generation)
            for key in wanted { if let slot = keys[key] { bitmap.insert(slot) } }
            return bitmap
        }
    }

    /// Those of so many slots that the index has vectors in: slot s is bit s % 64 of word s / 64, and missing words are 0.
    /// Time: one step for 64 slots.
    public func makeBitmap(words: [UInt64]) -> SlotBitmap {
        lock.reading { visible.intersection(words: words) }
    }

    /// The slots with vectors that are not among so many, in the same notation.
    public func makeBitmap(excludingWords words: [UInt64]) -> SlotBitmap {
        lock.reading {
            var bitmap = visible
            bitmap.subtract(visible.intersection(words: words))
            return bitmap
        }
    }

    /// The slot of a key, which stays the key's until it is removed, withdrawn or, by `add`, given a slot again.
    public func slot(ofKey key: UInt64) -> UInt32? { lock.reading { keys[key] } }

    /// The keys in a set of slots, in ascending order of the slots.
    /// - Throws: `staleBitmap`.
    public func keys(in slots: SlotBitmap) throws(VectorIndexError) -> [UInt64] {
        try lock.reading { () throws(VectorIndexError) in
            guard slots.generation == visible.generation, slots.slotCount == graph.slotCount else {
                throw .staleBitmap(expectedGeneration: visible.generation, foundGeneration: slots.generation)
            }
            var found: [UInt64] = []
            found.reserveCapacity(slots.count)
            slots.forEach { found.append(keys.key(of: $0)) }
            return found
        }
    }

    // MARK: Files

    /// Writes the index to a file, whole or not at all; see `IndexFile` for the format. Searches go on meanwhile, changes
    /// wait.
    ///
    /// - Parameters:
    ///   - lastSequence: the caller's number of the last change that the index holds; `open` gives it back.
    ///   - fingerprint: 32 bytes of the caller's, the name of a model, say; `open` gives them back.
    /// - Throws: `fileOperation`, `invalidFingerprint`, and for an opened file `damagedFile`; the old file is then still
    ///   there.
    public func write(
        toPath path: String, lastSequence: UInt64, fingerprint: [UInt8]
    ) throws(VectorIndexError) {
        try writer.locked { () throws(VectorIndexError) in
            // Damage must not get a fresh checksum.
            try prove()
            while !withdrawn.isEmpty { _ = removeOneWithdrawn() }
            for slot in unlinked where !visible.contains(slot) {
                lock.writing {
                    graph.releaseSlot(slot)
                    clear(slot)
                }
            }
            lock.writing { unlinked.removeAll { !visible.contains($0) } }
            try IndexFileWriter(index: self, lastSequence: lastSequence, fingerprint: fingerprint).write(toPath: path)
        }
    }

    // MARK: Looking inside

    /// Describes every broken promise of the index in a sentence; empty means sound. Slow: reads everything.
    public func checkInvariants() -> [String] {
        lock.reading {
            var problems = graph.checkInvariants()
            if keys.count != visible.count { problems.append("\(keys.count) keys for \(visible.count) vectors") }
            visible.forEach { slot in
                if keys[keys.key(of: slot)] != slot || !graph.isLive(slot) {
                    problems.append("the key of slot \(slot) does not lead to it")
                }
            }
            let waiting = withdrawn.count + unlinked.count { !visible.contains($0) }
            if visible.count + waiting != graph.liveCount {
                problems.append("\(visible.count) vectors and \(waiting) withdrawn ones in \(graph.liveCount) slots")
            }
            return problems
        }
    }

    /// The memory of each part in bytes, reserved or mapped, largest first.
    public var memoryUse: [(section: String, bytes: Int)] {
        lock.reading {
            [
                ("vectors", rows.buffer.capacity), ("codes", codes?.records.capacity ?? 0),
                ("links of level 0", unsafe graph.level0Bytes.count), ("links above", unsafe graph.upperBytes.count),
                ("keys", keys.sizeBytes), ("nodes", graph.nodeBytes),
            ].sorted { $0.1 > $1.1 }
        }
    }

    /// A few lines about the index for a person.
    public func dump() -> String {
        lock.reading {
            let scheme = codes.map { "codes of \($0.layout.kind), \($0.layout.strideBytes) bytes" } ?? "no codes"
            return """
                \(visible.count) vectors, dimension \(dimension), \(metric), rows \(parameters.rows), \(scheme), \
                kernels \(rows.kernels.level)

                """ + graph.dump()
        }
    }

    /// The node of one key: level, parent, neighbors by slot; nil if there is none.
    public func dump(key: UInt64) -> String? { lock.reading { keys[key].map { graph.dump(slot: $0) } } }

    /// What a walk for this query costs on level 0. Errors as for `search`.
    public func searchCost(_ query: Span<Float>, k: Int, efSearch: Int) throws(VectorIndexError) -> SearchCost {
        let efSearch = try checkedWidth(efSearch)
        var cost = SearchCost()
        _ = try withPrepared(query, k: k, allowed: nil) { k, _, _, scratch in
            let found = walk(width: min(max(efSearch, k), graph.liveCount), k: k, scratch)
            cost = scratch.beam.cost
            let line = VectorRows.cacheLineBytes
            let scoredLines = (codes?.layout.strideBytes ?? rows.rowBytes) / line
            cost.cacheLines =
                cost.expanded * graph.stride0 * 4 / line + cost.scored * scoredLines
                + cost.vectorsRead * rows.rowBytes / line
            return found
        }
        return cost
    }

    // MARK: Parts of a search

    private var searcher: HNSWSearcher { HNSWSearcher(graph: graph, rows: rows, codes: codes) }
    private var search: ExactSearch { ExactSearch(graph: graph, rows: rows) }

    private func checkedWidth(_ efSearch: Int?) throws(VectorIndexError) -> Int {
        let efSearch = efSearch ?? parameters.efSearch
        try HNSWParameters.check(efSearch, in: 1...HNSWParameters.maximumEfSearch, name: "efSearch")
        return efSearch
    }

    /// Checks the arguments, prepares the query, lets `body` find ranks under the lock and turns them into neighbors. `body`
    /// is told what may be found where that is not every live slot.
    private func withPrepared(
        _ query: Span<Float>, k: Int, allowed: SlotBitmap?,
        _ body: (_ k: Int, SlotBitmap?, _ matches: Int, SearchScratch) -> [UInt64]
    ) throws(VectorIndexError) -> [Neighbor] {
        guard k >= 1 else { throw .invalidParameter(name: "k", value: k, allowed: "1 or more") }
        return try scratchPool.withScratch { (scratch) throws(VectorIndexError) in
            try unsafe metric.prepare(query, dimension: dimension, into: scratch.query.base)
            return try lock.reading { () throws(VectorIndexError) in
                if let allowed, allowed.generation != visible.generation || allowed.slotCount != graph.slotCount {
                    throw .staleBitmap(
                        expectedGeneration: visible.generation, foundGeneration: allowed.generation)
                }
                let allowed = allowed ?? unlessAllVisible
                let matches = allowed?.count ?? graph.liveCount
                guard matches > 0 else { return [] }
                var found = body(min(k, matches), allowed, matches, scratch).map { rank in
                    let candidate = Candidate(rank: rank)
                    return Neighbor(key: keys.key(of: candidate.slot), distance: candidate.distance)
                }
                found.sort { ($0.distance, $0.key) < ($1.distance, $1.key) }
                return found
            }
        }
    }

    /// What searches may find where vectors wait for their removal; else nil.
    private var unlessAllVisible: SlotBitmap? { visible.count == graph.liveCount ? nil : visible }

    /// Walks over all nodes for the `k` nearest.
    private func walk(width: Int, k: Int, _ scratch: SearchScratch) -> [UInt64] {
        guard let start = descend(scratch) else { return [] }
        let reach = WalkReach(k: k, ef: width, codes: codes, query: scratch.beam.queryCode)
        return walk(k: k, from: [start], reach: reach, filter: .none, scratch)
    }

    /// Walks for the `k` nearest of those allowed.
    private func filteredWalk(ef: Int, k: Int, allowed: SlotBitmap, _ scratch: SearchScratch) -> [UInt64] {
        guard let start = descend(scratch) else { return [] }
        return allowed.withWords { words in
            guard let words else { return [] }
            let plan = FilteredWalk(
                localShare: unsafe searcher.localShare(around: start, allowed: words),
                share: Double(allowed.count) / Double(graph.liveCount), ef: ef, count: graph.liveCount)
            // The caller scans then.
            if plan.beginsEverywhere, allowed.count <= FilteredWalk.codesPerFarPlace * ef { return [] }
            return walk(plan, k: k, from: start, allowed: allowed, words, scratch)
        }
    }

    private func walk(
        _ plan: FilteredWalk, k: Int, from start: UInt32, allowed: SlotBitmap, _ words: SlotBitmap.Words,
        _ scratch: SearchScratch
    ) -> [UInt64] {
        let reach = WalkReach(width: plan.width)
        var starts = [start]
        if plan.beginsEverywhere {
            starts += allowed.sample(Self.sampledStarts).filter { $0 != start && graph.isLinked($0) }
        }
        return walk(
            k: k, from: starts, reach: reach, filter: plan.staysInside ? .twoHop(words) : .results(words), scratch)
    }

    private static let sampledStarts = 64

    /// The node on level 0 to which the levels above lead; nil in an empty graph. Makes the query code ready.
    private func descend(_ scratch: SearchScratch) -> UInt32? {
        guard let entryPoint = graph.entryPoint else { return nil }
        let query = unsafe UnsafePointer(scratch.query.base)
        if let codes { unsafe codes.prepare(query, into: scratch.beam.queryCode) }
        return unsafe searcher.descend(query: query, from: entryPoint, to: 0, beam: scratch.beam)
    }

    private func walk(
        k: Int, from starts: [UInt32], reach: WalkReach, filter: HNSWSearcher.Filter, _ scratch: SearchScratch
    ) -> [UInt64] {
        let query = unsafe UnsafePointer(scratch.query.base)
        unsafe searcher.walk(query: query, level: 0, from: starts, reach: reach, filter: filter, beam: scratch.beam)
        return unsafe Reranking(rows: rows, codes: codes).nearest(k, query: query, filter: filter, beam: scratch.beam)
    }

    /// The `k` nearest of what a walk has found and the vectors that no walk meets.
    private func withUnlinked(
        _ found: [UInt64], k: Int, allowed: SlotBitmap?, _ scratch: SearchScratch
    ) -> [UInt64] {
        guard !unlinked.isEmpty else { return found }
        scratch.nearest.reset(limit: k)
        for rank in found { scratch.nearest.offer(rank) }
        search.offer(unlinked, allowed: allowed, scratch: scratch)
        return scratch.nearest.takeSorted()
    }

    /// The same for one query of a prepared batch.
    private func withUnlinked(
        _ found: [Candidate], _ queries: AlignedBuffer<Float>, number: Int, k: Int
    ) -> [Candidate] {
        guard !unlinked.isEmpty else { return found }
        return withQuery(number, of: queries) { scratch in
            withUnlinked(found.map(\.rank), k: k, allowed: nil, scratch).map { Candidate(rank: $0) }
        }
    }

    /// Scans for one query of a prepared batch.
    private func scan(
        _ queries: AlignedBuffer<Float>, number: Int, k: Int, allowed: SlotBitmap? = nil
    ) -> [Candidate] {
        withQuery(number, of: queries) { scratch in
            scan(k: k, allowed: allowed, scratch).map { Candidate(rank: $0) }
        }
    }

    /// Lends a scratch that holds one query of a prepared batch.
    private func withQuery<Result>(
        _ number: Int, of queries: AlignedBuffer<Float>, _ body: (SearchScratch) -> Result
    ) -> Result {
        let stride = VectorRows.queryStride(dimension: dimension)
        return scratchPool.withScratch { scratch in
            // SAFETY: the buffer holds a padded query for every number.
            unsafe scratch.query.base.update(from: queries.base + number * stride, count: stride)
            return body(scratch)
        }
    }

    private func scan(k: Int, allowed: SlotBitmap?, _ scratch: SearchScratch) -> [UInt64] {
        search.search(k: k, allowed: allowed, scratch: scratch)
        return scratch.nearest.takeSorted()
    }
}
