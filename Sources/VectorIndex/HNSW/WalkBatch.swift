/// Walks for many queries: several on a thread take turns at every step, so that the memory that one has asked for arrives
/// while others compute.
struct WalkBatch {
    let searcher: HNSWSearcher
    let scratchPool: ScratchPool
    private var reranking: Reranking { Reranking(rows: searcher.rows, codes: searcher.codes) }

    /// Walks that take turns on a thread. Each has up to some 40 cache lines on their way; more than the processor can
    /// follow do not help.
    private static let walksPerThread = 2
    /// Queries that a thread takes at a time.
    private static let blockSize = 16

    /// The `k` nearest of each padded query, nearest first.
    func search(_ queries: AlignedBuffer<Float>, count: Int, k: Int, ef: Int, threads: Int) -> [[Candidate]] {
        guard let entryPoint = searcher.graph.entryPoint else { return Array(repeating: [], count: count) }
        let stride = VectorRows.queryStride(dimension: searcher.rows.dimension)
        precondition(queries.capacity >= count * stride, "\(count) queries in \(queries.capacity) floats")
        let answers = BatchAnswers(count: count, limit: k)
        // The caller holds the index, which is only read.
        ParallelLoop.run(count: count, blockSize: Self.blockSize, threads: threads) {
            [scratchPool, searcher, reranking] range, _ in
            scratchPool.withScratches(min(Self.walksPerThread, range.count)) { scratches in
                var next = range.lowerBound
                var running: [(query: Int, scratch: SearchScratch)] = []
                func start(_ scratch: SearchScratch) {
                    guard next < range.upperBound else { return }
                    let query = unsafe UnsafePointer(queries.base + next * stride)
                    if let codes = searcher.codes { unsafe codes.prepare(query, into: scratch.beam.queryCode) }
                    let entry = unsafe searcher.descend(query: query, from: entryPoint, to: 0, beam: scratch.beam)
                    let reach = WalkReach(
                        k: k, ef: ef, codes: searcher.codes, query: scratch.beam.queryCode)
                    unsafe searcher.begin(query: query, from: [entry], reach: reach, beam: scratch.beam)
                    running.append((next, scratch))
                    next += 1
                }
                for scratch in scratches { start(scratch) }
                while !running.isEmpty {
                    for place in running.indices.reversed() {
                        let (number, scratch) = running[place]
                        let query = unsafe UnsafePointer(queries.base + number * stride)
                        if unsafe searcher.gather(query: query, level: 0, filter: .none, beam: scratch.beam) {
                            continue
                        }
                        unsafe answers.set(
                            number, to: reranking.nearest(k, query: query, filter: .none, beam: scratch.beam))
                        running.remove(at: place)
                        start(scratch)
                    }
                    for (number, scratch) in running {
                        unsafe searcher.merge(query: UnsafePointer(queries.base + number * stride), beam: scratch.beam)
                    }
                }
            }
            return true
        }
        return answers.lists
    }

}
