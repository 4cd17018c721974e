/// Changes to the graph, one node at a time: insertion (algorithm 1 of the paper) and removal with repair.
///
/// One writer at a time. `candidates` only reads and may run beside searches; everything else needs the index alone.
struct HNSWBuilder {
    let graph: HNSWGraph
    let rows: VectorRows
    let codes: VectorCodes?
    let efConstruction: Int
    private let selection: NeighborSelection

    init(graph: HNSWGraph, rows: VectorRows, codes: VectorCodes?, efConstruction: Int) {
        self.graph = graph
        self.rows = rows
        self.codes = codes
        self.efConstruction = efConstruction
        selection = NeighborSelection(metric: rows.metric, distance: rows.distance)
    }

    private var searcher: HNSWSearcher { HNSWSearcher(graph: graph, rows: rows, codes: codes) }
    private var reranking: Reranking { Reranking(rows: rows, codes: codes) }

    /// Candidates beyond this many add nothing to the choice of neighbors.
    private static let candidateLimit = 128

    // MARK: Insertion

    /// The nodes near a vector by level, from 0 up to `level` or the highest in use, nearest first.
    ///
    /// The scratch holds the padded vector and its code query. Leaves `slot` out, which is the vector's own.
    func candidates(upTo level: Int, except slot: UInt32?, scratch: SearchScratch) -> [[Candidate]] {
        guard let entryPoint = graph.entryPoint else { return [] }
        let query = unsafe UnsafePointer(scratch.query.base)
        let top = min(level, graph.topLevel)
        var nearest = unsafe searcher.descend(query: query, from: entryPoint, to: top, beam: scratch.beam)
        var lists = Array(repeating: [Candidate](), count: top + 1)
        for level in (0...top).reversed() {
            unsafe searcher.walk(
                query: query, level: level, from: [nearest], reach: WalkReach(width: efConstruction), filter: .none,
                beam: scratch.beam)
            let found = unsafe reranking.all(query: query, beam: scratch.beam)
            lists[level] = Array(found.lazy.filter { $0.slot != slot }.prefix(Self.candidateLimit))
            nearest = found.first?.slot ?? nearest
        }
        if top > 0 {
            // Those above lead out of a cluster, whose members alone the walk on level 0 may have met.
            let known = Set(lists[0].map(\.slot))
            lists[0] += lists[1].prefix(graph.m).filter { !known.contains($0.slot) }
            lists[0].sort()
        }
        return lists
    }

    /// Links the node of a slot without links into all its levels.
    func link(_ slot: UInt32, candidates: [[Candidate]]) {
        guard let entryPoint = graph.entryPoint else {
            graph.entryPoint = slot
            graph.setParent(of: slot, to: nil)
            return
        }
        for (level, list) in candidates.enumerated().reversed() {
            if level == 0 { attachToTree(slot, candidates: list) }
            connect(slot, candidates: list, level: level)
        }
        if graph.level(of: slot) > graph.level(of: entryPoint) { graph.entryPoint = slot }
    }

    /// Links a node to diverse ones of its candidates, as far as those make room for it, and then to the nearest that have
    /// room. Without the second step nodes at the rim of dense data would be left with few links, since the hubs that all
    /// of them choose are full.
    private func connect(_ slot: UInt32, candidates: [Candidate], level: Int) {
        let capacity = graph.capacity(level: level)
        for candidate in selection.select(from: candidates, limit: capacity * 3 / 4)
        where graph.hasRoom(slot, level: level) && !graph.areLinked(slot, candidate.slot, level: level) {
            if makeRoom(at: candidate.slot, for: slot, level: level, isForced: false) {
                graph.link(slot, candidate.slot, level: level)
            }
        }
        var degree = graph.degree(of: slot, level: level)
        for candidate in candidates where degree < capacity / 2 {
            if graph.hasRoom(candidate.slot, level: level), !graph.areLinked(slot, candidate.slot, level: level) {
                graph.link(slot, candidate.slot, level: level)
                degree += 1
            }
        }
    }

    /// Gives a new node its parent: the nearest candidate that can take a child, or else a node below the nearest one.
    private func attachToTree(_ slot: UInt32, candidates: [Candidate]) {
        guard let start = candidates.first?.slot ?? graph.root else {
            return graph.setParent(of: slot, to: nil)
        }
        let parent = candidates.first { graph.canTakeChild($0.slot) }?.slot ?? nodeWithRoom(below: start)
        linkToParent(slot, parent)
    }

    func linkToParent(_ slot: UInt32, _ parent: UInt32) {
        if !graph.areLinked(slot, parent, level: 0) {
            _ = makeRoom(at: parent, for: slot, level: 0, isForced: true)
            _ = makeRoom(at: slot, for: parent, level: 0, isForced: true)
            graph.link(slot, parent, level: 0)
        }
        graph.setParent(of: slot, to: parent)
    }

    /// The first node on the way down the tree that can take a child. Leaves always can.
    func nodeWithRoom(below start: UInt32) -> UInt32 {
        var slot = start
        while !graph.canTakeChild(slot), let child = graph.children(of: slot).first { slot = child }
        return slot
    }

    /// Makes a full node give up its weakest link in favor of `newcomer`; false if the newcomer would be the weakest.
    ///
    /// Links of the spanning tree stay, and so do links to nodes that have few.
    private func makeRoom(at slot: UInt32, for newcomer: UInt32, level: Int, isForced: Bool) -> Bool {
        if graph.hasRoom(slot, level: level) { return true }
        var links = (graph.neighbors(of: slot, level: level) + [newcomer]).map {
            Candidate(distance: rows.distance(slot, $0), slot: $0)
        }
        links.sort()
        let fewLinks = graph.m / 2
        let weakest = selection.weakest(
            of: links,
            mayGo: { link in
                if link.slot == newcomer { return !isForced }
                if level == 0, graph.isTreeLink(slot, link.slot) { return false }
                return isForced || graph.degree(of: link.slot, level: level) > fewLinks
            })
        guard let weakest else { return false }
        let dropped = links[weakest].slot
        if dropped == newcomer { return false }
        graph.unlink(slot, dropped, level: level)
        return true
    }

    // MARK: Removal

    /// Takes a node out of all levels, reconnects its neighbors with one another and releases its slot.
    func remove(_ slot: UInt32) {
        detach(slot)
        graph.releaseSlot(slot)
    }

    /// Takes a node's links away and repairs what they held together; the slot stays occupied.
    func detach(_ slot: UInt32) {
        let children = graph.children(of: slot)
        let parent = graph.parent(of: slot)
        for level in 0...graph.level(of: slot) {
            let neighbors = graph.neighbors(of: slot, level: level)
            for neighbor in neighbors { graph.unlink(slot, neighbor, level: level) }
            reconnect(neighbors, level: level)
        }
        graph.setParentless(slot)
        repairTree(orphans: children, wasRoot: parent == nil)
        if graph.entryPoint == slot { graph.entryPoint = graph.highestNode { $0 != slot && graph.isLinked($0) } }
    }

    /// Links nodes that have lost a common neighbor with one another, nearest pairs first, at most one new link each, so
    /// that the mean degree stays what it was.
    private func reconnect(_ nodes: [UInt32], level: Int) {
        struct Pair {
            let distance: Float
            let a: UInt32
            let b: UInt32
        }
        var pairs: [Pair] = []
        for (index, a) in nodes.enumerated() {
            for b in nodes[(index + 1)...] where !graph.areLinked(a, b, level: level) {
                pairs.append(Pair(distance: rows.distance(a, b), a: a, b: b))
            }
        }
        pairs.sort { ($0.distance, $0.a, $0.b) < ($1.distance, $1.a, $1.b) }
        var served: Set<UInt32> = []
        for pair in pairs where !served.contains(pair.a) && !served.contains(pair.b) {
            graph.link(pair.a, pair.b, level: level)
            served.insert(pair.a)
            served.insert(pair.b)
        }
    }

    /// Hangs the subtrees of a removed node back into the spanning tree.
    ///
    /// Each orphan goes under a neighbor outside its own subtree, else under a node found from the root, which is in no
    /// orphan's subtree. If the removed node was the root, the first orphan becomes the root.
    private func repairTree(orphans: [UInt32], wasRoot: Bool) {
        var orphans = orphans[...]
        if wasRoot {
            graph.root = nil
            if let heir = orphans.popFirst() { graph.setParent(of: heir, to: nil) }
        }
        for orphan in orphans { graph.setParentless(orphan) }
        guard let root = graph.root else { return }
        for orphan in orphans {
            let near = graph.neighbors(of: orphan, level: 0).first {
                graph.canTakeChild($0) && !graph.isOrMayBe($0, inSubtreeOf: orphan)
            }
            linkToParent(orphan, near ?? nodeWithRoom(below: root))
        }
    }
}
