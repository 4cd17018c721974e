/// The full scan: the truth for recall, and the cheaper plan where few vectors can match.
struct ExactSearch {
    let graph: HNSWGraph
    let rows: VectorRows

    /// How many vectors a scan scores in the time that a walk takes for each place of its candidate list.
    ///
    /// Measured at 384 dimensions and m 16: a walk with ef 100 takes as long as a scan of 3,000 to 5,000 vectors: it
    /// reads rows in random order, the scan in sequence.
    static let scansPerPlace = 30

    /// Whether scanning `matches` of `count` vectors costs less than a walk that seeks `ef` of them.
    ///
    /// A walk costs about 30·ef scans if all may match. If only a share s may, it must pass 1/s as many nodes; the scan
    /// scores s·count. So the scan wins while s·count ≤ 30·ef/s, which is matches² ≤ 30·ef·count.
    static func isCheaper(matches: Int, count: Int, ef: Int) -> Bool {
        Double(matches) * Double(matches) <= Double(scansPerPlace) * Double(ef) * Double(count)
    }

    /// Leaves the `k` nearest live slots in `scratch.results`. `query` is a padded row; time: one score a match.
    func search(query: UnsafePointer<Float>, k: Int, allowed: SlotBitmap?, scratch: SearchScratch) {
        scratch.results.removeAll()
        guard k > 0 else { return }
        if let allowed {
            unsafe scan(allowed, query: query, k: k, scratch: scratch)
        } else {
            unsafe scanAll(query: query, k: k, scratch: scratch)
        }
    }

    private func scanAll(query: UnsafePointer<Float>, k: Int, scratch: SearchScratch) {
        // SAFETY: the buffer of distances holds blockRows values.
        let distances = unsafe scratch.distances.base
        var first = 0
        while first < graph.slotCount {
            let count = min(SearchScratch.blockRows, graph.slotCount - first)
            unsafe rows.distances(query: query, first: first, count: count, into: distances)
            for index in 0..<count where graph.live[first + index] {
                scratch.offer(unsafe Candidate(distance: distances[index], slot: UInt32(first + index)), limit: k)
            }
            first += count
        }
    }

    private func scan(_ allowed: SlotBitmap, query: UnsafePointer<Float>, k: Int, scratch: SearchScratch) {
        // SAFETY: both buffers hold blockRows values, and a block is scored as soon as it has that many.
        let batch = unsafe scratch.batch.base
        let distances = unsafe scratch.distances.base
        var pending = 0
        func scorePending() {
            unsafe rows.distances(query: query, slots: batch, count: pending, into: distances)
            for index in 0..<pending {
                scratch.offer(unsafe Candidate(distance: distances[index], slot: batch[index]), limit: k)
            }
            pending = 0
        }
        allowed.forEach { slot in
            unsafe batch[pending] = slot
            pending += 1
            if pending == SearchScratch.blockRows { scorePending() }
        }
        scorePending()
    }
}
