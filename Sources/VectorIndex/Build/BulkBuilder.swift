/// Builds the graph of many vectors at once, several times faster than adding them one by one and no worse.
///
/// 1. Candidate neighbors of each node by comparing all pairs within overlapping leaves (`LeafJoin`): matrix products.
/// 2. Diverse ones of them become links, mutual and within the degree limit (`LinkMatching`).
/// 3. Every node looks itself up in that graph; what it meets and what it has are its candidates for a second round of 2.
/// 4. The spanning tree is laid into the links of level 0.
///
/// The upper levels take steps 1 and 2 among their own nodes. The graph does not hang on the number of threads.
@safe
final class BulkBuilder: @unchecked Sendable {
    // SAFETY (Sendable): while several threads run, they only read graph, rows and codes.
    private let graph: HNSWGraph
    private let rows: VectorRows
    private let codes: VectorCodes?
    private let scratchPool: ScratchPool
    private let threads: Int
    private let progress: BuildProgress

    /// Width of the beam when a node looks itself up.
    private static let refinementWidth = 120
    /// Nodes drawn by lot that are candidates of every node. Near ones alone leave clusters that lie apart without links
    /// between them, and a walk that comes down in the wrong one does not get out; growth one by one has such links from
    /// when the index was small.
    private static let farCandidates = 32

    init(
        graph: HNSWGraph, rows: VectorRows, codes: VectorCodes?, scratchPool: ScratchPool, threads: Int,
        progress: BuildProgress
    ) {
        self.graph = graph
        self.rows = rows
        self.codes = codes
        self.scratchPool = scratchPool
        self.threads = threads
        self.progress = progress
    }

    /// Links all slots of the graph, which are live and have vectors and codes, but no links.
    func build() throws(VectorIndexError) {
        guard graph.slotCount > 0 else { return try progress.finish(1) }
        graph.entryPoint = graph.highestNode(where: graph.isLive)
        for level in (0...graph.topLevel).reversed() {
            let slots = (0..<UInt32(graph.slotCount)).filter { graph.level(of: $0) >= level }
            try join(slots, level: level, upTo: level == 0 ? 0.5 : 0.04)
        }
        try refine(upTo: 0.95)
        SpanningTree(builder: HNSWBuilder(graph: graph, rows: rows, codes: codes, efConstruction: 1)).grow()
        try progress.finish(1)
    }

    /// Steps 1 and 2.
    private func join(_ slots: [UInt32], level: Int, upTo end: Double) throws(VectorIndexError) {
        guard slots.count > 1 else { return }
        let lists = try LeafJoin(rows: rows, slots: slots).candidates(threads: threads, progress: progress, upTo: end)
        let matching = LinkMatching(graph: graph, rows: rows, slots: slots, level: level)
        ParallelLoop.run(count: slots.count, blockSize: 256, threads: threads) { [progress] nodes, _ in
            for node in nodes { matching.setWishes(of: node, from: lists[node]) }
            return !progress.isCancelled
        }
        try link(matching)
    }

    /// Step 3.
    private func refine(upTo end: Double) throws(VectorIndexError) {
        guard graph.slotCount > Self.refinementWidth, let entryPoint = graph.entryPoint else { return }
        let matching = LinkMatching(
            graph: graph, rows: rows, slots: Array(0..<UInt32(graph.slotCount)), level: 0)
        let count = graph.slotCount
        let far = Partition.sample(Self.farCandidates, of: count, seed: 0xFA_2)
        ParallelLoop.run(count: count, blockSize: 256, threads: threads) { [self] nodes, thread in
            scratchPool.withScratch { scratch in
                for node in nodes {
                    matching.setWishes(of: node, from: neighborhood(of: UInt32(node), from: entryPoint, far, scratch))
                }
            }
            if thread == 0 { progress.show(Double(nodes.upperBound) / Double(count), upTo: end) }
            return !progress.isCancelled
        }
        try progress.finish(end)
        try link(matching)
    }

    private func link(_ matching: LinkMatching) throws(VectorIndexError) {
        guard !progress.isCancelled,
            matching.link(threads: threads, isCancelled: { [progress] in progress.isCancelled })
        else { throw .cancelled }
    }

    /// The nodes that a walk towards a node meets, its neighbors, and the `far` ones, nearest first.
    private func neighborhood(
        of slot: UInt32, from entryPoint: UInt32, _ far: [UInt32], _ scratch: SearchScratch
    ) -> [Candidate] {
        let searcher = HNSWSearcher(graph: graph, rows: rows, codes: codes)
        let query = unsafe scratch.query.base
        // SAFETY: the scratch's query holds a padded vector.
        unsafe rows.load(slot, into: query)
        if let codes { unsafe codes.prepare(query, into: scratch.beam.queryCode) }
        let start = unsafe searcher.descend(query: query, from: entryPoint, to: 0, beam: scratch.beam)
        unsafe searcher.walk(
            query: query, level: 0, from: [start], reach: WalkReach(width: Self.refinementWidth), filter: .none,
            beam: scratch.beam)
        var found = unsafe Reranking(rows: rows, codes: codes).all(query: query, beam: scratch.beam).filter {
            $0.slot != slot
        }
        // Those above lead out of a cluster, all of whose members are nearer to one another than to anything else.
        let levels = 0...min(1, graph.level(of: slot))
        let met = Set(found.lazy.map(\.slot)).union([slot])
        for other in Set(levels.flatMap { graph.neighbors(of: slot, level: $0) }).union(far).subtracting(met) {
            found.append(Candidate(distance: rows.distance(slot, other), slot: other))
        }
        found.sort()
        return found
    }
}
