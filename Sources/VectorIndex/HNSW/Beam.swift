import Kernels

/// The state of one walk over one level: the nodes to go on from, and what has been seen.
///
/// The pool is the beam of the paper's algorithm 2: the best `width` nodes met so far by score, sorted, each marked once
/// the walk has gone on from it. The walk ends when all in the pool are marked; the pool is then its result. Scores may be
/// estimates (see `VectorCodes`): `Reranking` makes exact distances of them.
@safe
final class Beam {
    /// The prepared query for codes; unused without them.
    let queryCode: QueryCode
    let visited = VisitedMarks()
    private let ranks = AlignedBuffer<UInt64>(capacity: 256)
    /// What changes at every step. Behind a pointer and not in properties of the class, whose exclusivity would be checked
    /// at every access.
    @unsafe
    private struct State {
        var pool: RankPool
        /// Neighbors gathered and not scored yet.
        var batchCount = 0
        var reach = WalkReach(width: 1)
        var cost = SearchCost()
    }
    private let state: UnsafeMutablePointer<State>
    /// Neighbors gathered and not scored yet, and their scores.
    let batch: AlignedBuffer<UInt32>
    let scores: AlignedBuffer<Float>
    private let kernels = WalkKernels()

    /// Set in the rank of a node that the walk has gone on from; slots are below 2³⁰.
    private static let mark: UInt64 = 1 << 31
    /// Nodes that a step of the walk goes on from.
    static let nodesPerStep = 2
    /// Places of the batch beyond full blocks of a step, for walks over two hops.
    private static let twoHopPlaces = 128
    /// Nodes that come to stand so near to the cursor are likely to be gone on from soon: their links are asked for.
    private static let linkDepth = 3

    init(shape: SearchScratch.Shape) {
        queryCode = QueryCode(dimension: shape.queryStride, recordBytes: shape.recordBytes)
        batch = AlignedBuffer(capacity: Self.nodesPerStep * shape.degreeLimit + Self.twoHopPlaces)
        scores = AlignedBuffer(capacity: batch.capacity)
        // SAFETY: the state lives from here to deinit and is used by one thread at a time, as the beam is.
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: State(pool: RankPool(ranks: ranks.base, width: 1)))
    }

    deinit { unsafe state.deallocate() }

    var batchCount: Int {
        @inline(__always) get { unsafe state.pointee.batchCount }
        @inline(__always) set { unsafe state.pointee.batchCount = newValue }
    }

    /// What the walk has cost so far.
    var cost: SearchCost { unsafe state.pointee.cost }

    func begin(_ reach: WalkReach, slotCount: Int) {
        precondition(reach.width > 0, "a beam of no width")
        ranks.grow(toHold: reach.width + (unsafe RankPool.spareRanks))
        visited.reset(slotCount: slotCount)
        let pool = unsafe RankPool(ranks: ranks.base, width: reach.width, near: reach.near, reach: reach.kept)
        unsafe state.pointee = State(pool: pool, reach: reach)
    }

    /// The nodes in the pool.
    var count: Int { unsafe state.pointee.pool.count }

    /// The rank at a place of the pool, without its mark.
    @inline(__always)
    func rank(_ place: Int) -> UInt64 {
        precondition(place < count, "place \(place) of \(count)")
        return unsafe ranks.base[place] & ~Self.mark
    }

    /// The distance in a rank, marked or not.
    @inline(__always)
    private static func distance(_ rank: UInt64) -> Float { Candidate(rank: rank & ~mark).distance }

    @inline(__always)
    func slot(_ place: Int) -> UInt32 { UInt32(truncatingIfNeeded: rank(place)) }

    /// The ranks of the first `limit` nodes of the pool.
    func ranks(_ limit: Int) -> [UInt64] { (0..<min(limit, count)).map(rank) }

    // MARK: Steps

    /// Marks the best unmarked node of the pool and returns its slot; nil when there is none.
    @inline(__always)
    func takeNearest() -> UInt32? {
        // SAFETY: places below the pool's count are filled.
        let ranks = unsafe ranks.base
        var cursor = unsafe state.pointee.pool.cursor
        let count = unsafe state.pointee.pool.count
        while cursor < count, unsafe ranks[cursor] & Self.mark != 0 { cursor &+= 1 }
        unsafe state.pointee.pool.cursor = cursor
        guard cursor < count else { return nil }
        let rank = unsafe ranks[cursor]
        let near = unsafe state.pointee.reach.near
        if cursor > near,
            unsafe Self.distance(rank) > Self.distance(ranks[near]) + state.pointee.reach.walked
        {
            return nil
        }
        unsafe ranks[cursor] = rank | Self.mark
        unsafe state.pointee.cost.expanded &+= 1
        return UInt32(truncatingIfNeeded: rank)
    }

    /// Adds the neighbors of a block that have not been seen to the batch.
    ///
    /// The block's slots have marks; it has no more neighbors than the degree limit.
    @unsafe @inline(__always)
    func gather(_ block: UnsafePointer<UInt32>, limit: Int) {
        precondition(batchCount + limit <= batch.capacity, "a batch of \(batchCount) cannot take \(limit) more")
        batchCount = unsafe kernels.uncheckedGather(
            block: block, limit: limit, marks: visited.base, epoch: visited.epoch, batch: batch.base,
            count: batchCount)
    }

    /// Offers the batch with its scores to the pool and empties it.
    @unsafe @inline(__always)
    func merge(links: UnsafeRawPointer, linkBytes: Int) {
        unsafe kernels.uncheckedMerge(
            &state.pointee.pool, slots: batch.base, scores: scores.base, count: batchCount, links: links,
            linkBytes: linkBytes,
            depth: Self.linkDepth)
        unsafe state.pointee.cost.scored &+= batchCount
        batchCount = 0
    }

    /// A vector was read for its exact distance.
    @inline(__always)
    func countVector() { unsafe state.pointee.cost.vectorsRead &+= 1 }

    /// Takes the nodes outside a filter out of the pool of a walk that has ended.
    func dropOutside(_ filter: HNSWSearcher.Filter) {
        switch filter {
        case .none: break
        case .results(let allowed), .twoHop(let allowed):
            var kept = 0
            for place in 0..<count {
                // SAFETY: places below the count are filled, and slots lie within the bitmap.
                let rank = rank(place)
                guard unsafe allowed.contains(UInt32(truncatingIfNeeded: rank)) else { continue }
                unsafe ranks.base[kept] = rank
                kept += 1
            }
            unsafe state.pointee.pool.count = kept
        }
    }
}
