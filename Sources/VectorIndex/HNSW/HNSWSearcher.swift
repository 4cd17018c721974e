/// The walks over the graph: greedy descent through the upper levels, beam search on one level (algorithms 2 and 5).
///
/// Changes nothing but the scratch it is given: several may run in parallel, each with its own.
struct HNSWSearcher {
    let graph: HNSWGraph
    let rows: VectorRows

    /// Walks greedily from the entry point down to, and not into, `level`; returns the nearest node met.
    ///
    /// `query` is a padded row. The graph is not empty.
    func descend(query: UnsafePointer<Float>, from entryPoint: UInt32, to level: Int, scratch: SearchScratch) -> UInt32
    {
        var nearest = unsafe Candidate(distance: rows.distance(query: query, to: entryPoint), slot: entryPoint)
        var current = graph.topLevel
        // SAFETY: the buffers of the scratch hold a full block of neighbors.
        let distances = unsafe scratch.distances.base
        while current > level {
            let block = unsafe graph.block(of: nearest.slot, level: current)
            let count = unsafe Int(block[0])
            unsafe rows.distances(query: query, slots: block + 1, count: count, into: distances)
            var best = nearest
            for index in 0..<count {
                best = min(best, unsafe Candidate(distance: distances[index], slot: block[index + 1]))
            }
            if best == nearest { current -= 1 } else { nearest = best }
        }
        return nearest.slot
    }

    /// Searches `level` from `start`, leaving the up to `ef` nearest nodes in `scratch.results`.
    ///
    /// With `allowed`, only its slots become results, while the walk goes over all nodes; it ends when the nearest node
    /// still to expand is farther than all of `ef` results.
    ///
    /// - Parameter scoreLimit: the walk gives up once it has scored more vectors than this.
    /// - Returns: whether it came to its end; if not, the results are incomplete.
    @discardableResult
    func walk(
        query: UnsafePointer<Float>, level: Int, from start: UInt32, ef: Int, allowed: SlotBitmap? = nil,
        scoreLimit: Int = .max, scratch: SearchScratch
    ) -> Bool {
        let candidates = scratch.candidates
        let results = scratch.results
        candidates.removeAll()
        results.removeAll()
        scratch.visited.reset(slotCount: graph.slotCount)
        // SAFETY: marks has an element a slot, and links lead to slots only; batch and distances hold a full block.
        let marks = unsafe scratch.visited.base
        let epoch = scratch.visited.epoch
        let batch = unsafe scratch.batch.base
        let distances = unsafe scratch.distances.base

        let first = unsafe Candidate(distance: rows.distance(query: query, to: start), slot: start)
        unsafe marks[Int(start)] = epoch
        candidates.push(first.rank)
        if allowed?.contains(start) ?? true { results.push(~first.rank) }
        var scored = 1

        while candidates.count > 0 {
            let nearest = Candidate(rank: candidates.pop())
            if !scratch.wouldKeep(nearest, limit: ef), results.top != ~nearest.rank { break }
            let block = unsafe graph.block(of: nearest.slot, level: level)
            let end = unsafe Int(block[0]) + 1
            var fresh = 0
            var index = 1
            while index < end {
                let slot = unsafe block[index]
                if unsafe marks[Int(slot)] != epoch {
                    unsafe marks[Int(slot)] = epoch
                    unsafe batch[fresh] = slot
                    fresh &+= 1
                }
                index &+= 1
            }
            if fresh == 0 { continue }
            scored += fresh
            if scored > scoreLimit { return false }
            unsafe rows.distances(query: query, slots: batch, count: fresh, into: distances)
            index = 0
            while index < fresh {
                let candidate = unsafe Candidate(distance: distances[index], slot: batch[index])
                if scratch.wouldKeep(candidate, limit: ef) {
                    candidates.push(candidate.rank)
                    if allowed?.contains(candidate.slot) ?? true { scratch.offer(candidate, limit: ef) }
                }
                index &+= 1
            }
        }
        return true
    }
}
