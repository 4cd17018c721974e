import Kernels

/// The walks over the graph: greedy descent through the upper levels, beam search on one level (algorithms 2 and 5).
///
/// A step takes the nearest node of the pool, gathers its neighbors that have not been seen and asks for their codes
/// (`gather`), then scores them and puts them in the pool (`merge`). Between the two the memory is on its way; several
/// walks on one thread take turns there.
///
/// Changes nothing but the beam it is given: several may run in parallel, each with its own.
struct HNSWSearcher: Sendable {
    let graph: HNSWGraph
    let rows: VectorRows
    let codes: VectorCodes?

    /// Which nodes a walk may take.
    enum Filter {
        /// All.
        case none
        /// All to walk over, those in the bitmap as results.
        case results(SlotBitmap.Words)
        /// Those in the bitmap; a neighbor outside stands for its own neighbors (the two-hop expansion of Patel and
        /// others, "ACORN", 2024).
        case twoHop(SlotBitmap.Words)
    }

    // MARK: Upper levels

    /// Walks greedily from the entry point down to, and not into, `level`; returns the nearest node met.
    ///
    /// `query` is a padded vector, and the beam's code query is made ready for it. The graph is not empty.
    @unsafe
    func descend(query: UnsafePointer<Float>, from entryPoint: UInt32, to level: Int, beam: Beam) -> UInt32 {
        var current = graph.topLevel
        guard current > level else { return entryPoint }
        // SAFETY: the buffers of the beam hold a full block of neighbors.
        let batch = unsafe beam.batch.base
        let scores = unsafe beam.scores.base
        unsafe batch[0] = entryPoint
        unsafe score(query, beam, count: 1)
        var nearest = unsafe Candidate(distance: scores[0], slot: entryPoint)
        while current > level {
            let block = unsafe graph.block(of: nearest.slot, level: current)
            var count = 0
            while count < graph.m, unsafe block[count] != HNSWGraph.noSlot {
                unsafe batch[count] = block[count]
                count &+= 1
            }
            unsafe prefetch(batch, count: count)
            unsafe score(query, beam, count: count)
            var best = nearest
            for index in 0..<count {
                best = min(best, unsafe Candidate(distance: scores[index], slot: batch[index]))
            }
            if best == nearest { current -= 1 } else { nearest = best }
        }
        return nearest.slot
    }

    // MARK: One level

    /// Searches `level` from `start`; the beam's pool then holds the nearest nodes by score as far as `reach` says, those
    /// outside a filter of results among them.
    @unsafe
    func walk(
        query: UnsafePointer<Float>, level: Int, from starts: [UInt32], reach: WalkReach, filter: Filter, beam: Beam
    ) {
        unsafe begin(query: query, from: starts, reach: reach, beam: beam)
        while unsafe gather(query: query, level: level, filter: filter, beam: beam) {
            unsafe merge(query: query, beam: beam)
        }
    }

    /// The starts are distinct, and no more than a batch holds.
    @unsafe
    func begin(query: UnsafePointer<Float>, from starts: [UInt32], reach: WalkReach, beam: Beam) {
        precondition(starts.count <= beam.batch.capacity, "\(starts.count) starts")
        beam.begin(reach, slotCount: graph.slotCount)
        for (index, start) in starts.enumerated() {
            // SAFETY: marks has an element a slot, and the batch has room.
            unsafe beam.visited.base[Int(start)] = beam.visited.epoch
            unsafe beam.batch.base[index] = start
        }
        beam.batchCount = starts.count
        unsafe merge(query: query, beam: beam)
    }

    /// The share of allowed nodes among those near a node: its neighbors on level 0 and some of theirs.
    @unsafe
    func localShare(around node: UInt32, allowed: SlotBitmap.Words) -> Double {
        var (met, inside) = (0, 0)
        func look(at slot: UInt32) {
            // SAFETY: links lead to slots only, each of which has a block and a bit.
            let block = unsafe graph.block(of: slot, level: 0)
            for index in 0..<graph.m0 {
                let neighbor = unsafe block[index]
                if neighbor == HNSWGraph.noSlot { break }
                met += 1
                if unsafe allowed.contains(neighbor) { inside += 1 }
            }
        }
        look(at: node)
        for neighbor in graph.neighbors(of: node, level: 0).prefix(Self.neighborsLookedAt) { look(at: neighbor) }
        return met == 0 ? 1 : Double(inside) / Double(met)
    }

    private static let neighborsLookedAt = 4
    /// Where so many of a node's neighbors are allowed, a walk over two hops does not look beyond the others.
    private static let enoughInside = 8

    /// Marks the nearest nodes of the pool and gathers their neighbors; false when the walk has ended.
    ///
    /// Several nodes a step: while the codes of one's neighbors are on their way, the links of the next are read. All nodes
    /// of the pool have their turn in the end, so that taking the second before the first is known to lead nowhere costs
    /// little.
    @unsafe @inline(__always)
    func gather(query: UnsafePointer<Float>, level: Int, filter: Filter, beam: Beam) -> Bool {
        var taken = 0
        while taken < Beam.nodesPerStep, let slot = beam.takeNearest() {
            taken &+= 1
            // SAFETY: links lead to slots only, each of which has a block.
            let block =
                level == 0
                ? unsafe graph.level0Base + Int(slot) &* graph.stride0 : unsafe graph.block(of: slot, level: level)
            if case .twoHop(let allowed) = filter {
                unsafe gatherTwoHops(block, level: level, allowed: allowed, beam: beam)
            } else {
                let first = beam.batchCount
                unsafe beam.gather(block, limit: level == 0 ? graph.m0 : graph.m)
                unsafe prefetch(beam.batch.base + first, count: beam.batchCount - first)
            }
        }
        return taken > 0
    }

    /// Scores what `gather` has gathered and offers it to the pool.
    @unsafe @inline(__always)
    func merge(query: UnsafePointer<Float>, beam: Beam) {
        unsafe score(query, beam, count: beam.batchCount)
        unsafe beam.merge(links: UnsafeRawPointer(graph.level0Base), linkBytes: graph.stride0 &* 4)
    }

    // MARK: Parts of a step

    @unsafe @inline(__always)
    private func score(_ query: UnsafePointer<Float>, _ beam: Beam, count: Int) {
        if let codes {
            unsafe codes.score(beam.queryCode, slots: beam.batch.base, count: count, into: beam.scores.base)
        } else {
            unsafe rows.distances(query: query, slots: beam.batch.base, count: count, into: beam.scores.base)
        }
    }

    @unsafe @inline(__always)
    private func prefetch(_ slots: UnsafePointer<UInt32>, count: Int) {
        guard let codes else { return }
        for index in 0..<count { unsafe codes.prefetch(slots[index]) }
    }

    /// Adds the allowed among the neighbors of a block, and among the neighbors of those that are not, to the batch.
    @unsafe
    private func gatherTwoHops(
        _ block: UnsafePointer<UInt32>, level: Int, allowed: SlotBitmap.Words, beam: Beam
    ) {
        // SAFETY: links lead to slots only, each of which has a block and a mark; the count is held below the batch's capacity.
        let limit = level == 0 ? graph.m0 : graph.m
        let marks = unsafe beam.visited.base
        let epoch = beam.visited.epoch
        let batch = unsafe beam.batch.base
        let capacity = beam.batch.capacity
        let first = beam.batchCount
        var count = first
        defer {
            unsafe prefetch(batch + first, count: count - first)
            beam.batchCount = count
        }
        var inside = 0
        for index in 0..<limit {
            let neighbor = unsafe block[index]
            if neighbor == HNSWGraph.noSlot { break }
            inside &+= unsafe allowed.contains(neighbor) ? 1 : 0
        }
        let looksBeyond = inside < min(limit, Self.enoughInside)
        for index in 0..<limit where looksBeyond {
            let neighbor = unsafe block[index]
            if neighbor == HNSWGraph.noSlot { break }
            if unsafe !allowed.contains(neighbor) {
                unsafe Kernels.prefetch(
                    graph.level0Base + Int(neighbor) &* graph.stride0, sizeBytes: graph.stride0 &* 4)
            }
        }
        for index in 0..<limit {
            let neighbor = unsafe block[index]
            if neighbor == HNSWGraph.noSlot { break }
            if unsafe marks[Int(neighbor)] == epoch { continue }
            if count == capacity { return }
            unsafe marks[Int(neighbor)] = epoch
            if unsafe allowed.contains(neighbor) {
                unsafe batch[count] = neighbor
                count &+= 1
                continue
            }
            if !looksBeyond { continue }
            let second = unsafe graph.block(of: neighbor, level: level)
            for place in 0..<limit {
                let next = unsafe second[place]
                if next == HNSWGraph.noSlot { break }
                guard unsafe allowed.contains(next), unsafe marks[Int(next)] != epoch else { continue }
                if count == capacity { return }
                unsafe marks[Int(next)] = epoch
                unsafe batch[count] = next
                count &+= 1
            }
        }
    }
}
