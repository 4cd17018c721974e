import Kernels

/// Full scans: the truth for recall, and the cheaper plan where few vectors can match.
struct ExactSearch {
    let graph: HNSWGraph
    let rows: VectorRows

    /// Leaves the `k` nearest live slots, of those allowed, in `scratch.nearest`; one score a match. `scratch.query` holds
    /// the padded query.
    func search(k: Int, allowed: SlotBitmap?, scratch: SearchScratch) {
        scratch.nearest.reset(limit: k)
        let query = unsafe UnsafePointer(scratch.query.base)
        unsafe forEachBatch(allowed: allowed, scratch: scratch) { slots, count, distances in
            unsafe rows.distances(query: query, slots: slots, count: count, into: distances)
            for index in 0..<count {
                scratch.nearest.offer(unsafe Candidate(distance: distances[index], slot: slots[index]).rank)
            }
        }
    }

    /// The same by code, with the exact distances of the `reranked` nearest by estimate: not the whole truth, at a tenth of
    /// the price. The beam's query code is ready.
    func searchCodes(_ codes: VectorCodes, k: Int, reranked: Int, allowed: SlotBitmap?, scratch: SearchScratch) {
        scratch.nearest.reset(limit: max(k, reranked))
        let query = unsafe UnsafePointer(scratch.query.base)
        unsafe forEachBatch(allowed: allowed, scratch: scratch) { slots, count, distances in
            for index in 0..<count { unsafe codes.prefetch(slots[index]) }
            unsafe codes.score(scratch.beam.queryCode, slots: slots, count: count, into: distances)
            for index in 0..<count {
                scratch.nearest.offer(unsafe Candidate(distance: distances[index], slot: slots[index]).rank)
            }
        }
        let estimated = scratch.nearest.takeSorted()
        for rank in estimated { rows.prefetch(UInt32(truncatingIfNeeded: rank)) }
        scratch.nearest.reset(limit: k)
        for rank in estimated {
            let slot = UInt32(truncatingIfNeeded: rank)
            scratch.nearest.offer(Candidate(distance: unsafe rows.distance(query: query, to: slot), slot: slot).rank)
        }
    }

    /// Offers those of `slots` that are allowed to `scratch.nearest`; one score each. `scratch.query` holds the padded query.
    func offer(_ slots: [UInt32], allowed: SlotBitmap?, scratch: SearchScratch) {
        let wanted = allowed.map { allowed in slots.filter(allowed.contains) } ?? slots
        let query = unsafe UnsafePointer(scratch.query.base)
        let distances = unsafe scratch.distances.base
        unsafe wanted.withUnsafeBufferPointer { wanted in
            guard let base = wanted.baseAddress else { return }
            for first in stride(from: 0, to: wanted.count, by: SearchScratch.blockRows) {
                // SAFETY: slots first ..< first + count are within the array, and there is room for blockRows distances.
                let count = min(SearchScratch.blockRows, wanted.count - first)
                unsafe rows.distances(query: query, slots: base + first, count: count, into: distances)
                for index in 0..<count {
                    scratch.nearest.offer(
                        unsafe Candidate(distance: distances[index], slot: wanted[first + index]).rank)
                }
            }
        }
    }

    /// Calls `body` with all live or all allowed slots in ascending order, some at a time, and room for their distances.
    private func forEachBatch(
        allowed: SlotBitmap?, scratch: SearchScratch,
        _ body: (UnsafePointer<UInt32>, Int, UnsafeMutablePointer<Float>) -> Void
    ) {
        // SAFETY: both buffers hold blockRows values, and a batch is passed on as soon as it has that many.
        let batch = unsafe scratch.batch.base
        let distances = unsafe scratch.distances.base
        var pending = 0
        func add(_ slot: UInt32) {
            unsafe batch[pending] = slot
            pending += 1
            if pending == SearchScratch.blockRows {
                unsafe body(UnsafePointer(batch), pending, distances)
                pending = 0
            }
        }
        if let allowed {
            allowed.forEach(add)
        } else {
            for slot in 0..<graph.slotCount where graph.live[slot] { add(UInt32(slot)) }
        }
        if pending > 0 { unsafe body(UnsafePointer(batch), pending, distances) }
    }
}
