extension HNSWIndex {
    /// Makes an index of many vectors at once: several times faster than adding them one by one, and no worse.
    ///
    /// The same vectors in the same order make the same index, whatever the number of threads. Blocking. Time: grows a
    /// little faster than the number of vectors. Memory beside the index: about 1 KB a vector while it builds.
    ///
    /// - Parameters:
    ///   - vectors: row-major, keys.count·dimension floats.
    ///   - threads: 1...64, the calling thread among them.
    ///   - progress: called on the calling thread with a number that grows from 0 to 1; returns false to cancel.
    /// - Throws: what `init` throws, `badKeys`, `indexFull`, `badRow` around what `add` throws for a vector, `cancelled`.
    public static func build(
        _ vectors: Span<Float>, keys: [UInt64], dimension: Int, metric: Metric, parameters: HNSWParameters = .init(),
        threads: Int = 1, progress: ((Double) -> Bool)? = nil
    ) throws(VectorIndexError) -> HNSWIndex {
        try HNSWParameters.check(dimension, in: dimensions, name: "dimension")
        try HNSWParameters.check(threads, in: 1...ParallelLoop.threadLimit, name: "threads")
        try parameters.validate()
        guard keys.count <= HNSWGraph.maximumSlotCount else { throw .indexFull(limit: HNSWGraph.maximumSlotCount) }
        guard vectors.count % dimension == 0 else {
            throw .dimensionMismatch(expected: dimension, found: vectors.count % dimension)
        }
        guard vectors.count == keys.count * dimension else {
            throw .badKeys(expected: vectors.count / dimension, found: keys.count, repeated: nil)
        }
        var duplicate = 0
        guard let table = KeyTable(keys: keys, isLive: { _ in true }, duplicate: &duplicate) else {
            throw .badKeys(expected: keys.count, found: keys.count, repeated: keys[duplicate])
        }
        let rows = VectorRows(dimension: dimension, metric: metric, format: parameters.rows)
        rows.buffer.reserve(keys.count * rows.rowBytes)
        let vector = AlignedBuffer<Float>(capacity: VectorRows.queryStride(dimension: dimension))
        for slot in keys.indices {
            // SAFETY: the buffer holds a padded vector, and rows were reserved for every slot.
            do throws(VectorIndexError) {
                try unsafe metric.prepare(
                    vectors.extracting((slot * dimension)..<((slot + 1) * dimension)), dimension: dimension,
                    format: parameters.rows, into: vector.base)
            } catch {
                throw .badRow(slot, reason: error)
            }
            unsafe rows.store(vector.base, slot: UInt32(slot))
        }
        let graph = HNSWGraph(m: parameters.m, m0: parameters.m0, seed: parameters.seed)
        graph.reserve(keys.count)
        for _ in keys { graph.appendEmptySlot(isLive: true) }
        let isCoded = CodeTraining.isDue(count: keys.count, trainedCount: 0)
        let codes =
            isCoded
            ? try CodeTraining.makeCodes(
                scheme: parameters.codes, rows: rows, slotCount: keys.count, live: graph.live, seed: parameters.seed,
                threads: threads) : nil
        let index = HNSWIndex(
            parameters: parameters, graph: graph, rows: rows, codes: codes, trainedCount: isCoded ? keys.count : 0,
            keys: table)
        try BulkBuilder(
            graph: graph, rows: rows, codes: codes, scratchPool: index.scratchPool, threads: threads,
            progress: BuildProgress(progress)
        ).build()
        return index
    }
}
