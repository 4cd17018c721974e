/// Turns the wishes of all nodes of a level into mutual links within the degree limit.
///
/// Every node chooses diverse neighbors. The wishes are made mutual by joining each with its reverse; a node with more than
/// it can hold keeps the diverse ones among them and fills up with the nearest. A link stands where both ends keep it.
@safe
final class LinkMatching: @unchecked Sendable {
    // SAFETY (Sendable): the graph changes in `link` alone, which is called when all wishes are there; `setWishes` writes
    // the places of its own node.
    private let graph: HNSWGraph
    private let rows: VectorRows
    private let slots: [UInt32]
    private let level: Int
    private let selection: NeighborSelection
    private let capacity: Int
    /// What a node may ask for; the rest of its places is for those that ask for it.
    private let wishLimit: Int
    /// By node, `wishLimit` places each: the chosen slots, the rest is `noSlot`.
    private let wishes: AlignedBuffer<UInt32>

    init(graph: HNSWGraph, rows: VectorRows, slots: [UInt32], level: Int) {
        self.graph = graph
        self.rows = rows
        self.slots = slots
        self.level = level
        selection = NeighborSelection(metric: rows.metric, distance: rows.distance)
        capacity = graph.capacity(level: level)
        wishLimit = max(1, capacity * 3 / 4)
        wishes = AlignedBuffer(capacity: slots.count * wishLimit)
        unsafe wishes.base.update(repeating: HNSWGraph.noSlot, count: wishes.capacity)
    }

    /// Lets the node at a position of `slots` choose from its candidates, nearest first. Different nodes may choose on
    /// different threads at once.
    func setWishes(of node: Int, from candidates: [Candidate]) {
        var chosen = selection.select(from: candidates, limit: wishLimit).map(\.slot)
        // As for insertion: a node whose candidates all lie behind few of them asks for the nearest too.
        for candidate in candidates where chosen.count < capacity / 2 && !chosen.contains(candidate.slot) {
            chosen.append(candidate.slot)
        }
        for (place, slot) in chosen.enumerated() { wishes[node * wishLimit + place] = slot }
    }

    /// Replaces the links of the level by those that the wishes make. False when `isCancelled` said so; the level is then
    /// as it was.
    func link(threads: Int, isCancelled: @escaping @Sendable () -> Bool) -> Bool {
        let offers = joinedWishes()
        let kept = AlignedBuffer<UInt32>(capacity: slots.count * capacity)
        unsafe kept.base.update(repeating: HNSWGraph.noSlot, count: kept.capacity)
        let isDone = ParallelLoop.run(count: slots.count, blockSize: 512, threads: threads) { [self] nodes, _ in
            for node in nodes {
                for (place, slot) in keep(offers.list(node), at: slots[node]).enumerated() {
                    kept[node * capacity + place] = slot
                }
            }
            return !isCancelled()
        }
        guard isDone else { return false }
        var positions = Array(repeating: 0, count: graph.slotCount)
        for (position, slot) in slots.enumerated() { positions[Int(slot)] = position }
        for (node, slot) in slots.enumerated() {
            let mutual = places(of: node, in: kept).filter { isKept(slot, by: positions[Int($0)], in: kept) }
            graph.setNeighbors(of: slot, level: level, to: mutual[...])
        }
        fillUp(offers)
        return true
    }

    /// The filled places of a node, in which what is kept stands.
    private func places(of node: Int, in kept: AlignedBuffer<UInt32>) -> [UInt32] {
        var list: [UInt32] = []
        for place in 0..<capacity {
            let slot = kept[node * capacity + place]
            if slot == HNSWGraph.noSlot { break }
            list.append(slot)
        }
        return list
    }

    private func isKept(_ slot: UInt32, by node: Int, in kept: AlignedBuffer<UInt32>) -> Bool {
        precondition(node >= 0 && node < slots.count, "node \(node) of \(slots.count)")
        // SAFETY: every node has `capacity` places.
        let places = unsafe kept.base + node * capacity
        for place in 0..<capacity where unsafe places[place] == slot { return true }
        return false
    }

    /// What a node keeps of those it wishes for or that wish for it.
    private func keep(_ offers: [UInt32], at slot: UInt32) -> [UInt32] {
        guard offers.count > capacity else { return offers }
        let candidates = offers.map { Candidate(distance: rows.distance(slot, $0), slot: $0) }.sorted()
        var kept = selection.select(from: candidates, limit: capacity).map(\.slot)
        for candidate in candidates where kept.count < capacity && !kept.contains(candidate.slot) {
            kept.append(candidate.slot)
        }
        return kept
    }

    /// Nodes whose wishes were mostly turned down are linked to the nearest of them that have room.
    private func fillUp(_ offers: JoinedLists) {
        for (node, slot) in slots.enumerated() where graph.degree(of: slot, level: level) < capacity / 2 {
            let nearest = offers.list(node).map { Candidate(distance: rows.distance(slot, $0), slot: $0) }.sorted()
            for other in nearest where graph.degree(of: slot, level: level) < capacity / 2 {
                if graph.hasRoom(other.slot, level: level), !graph.areLinked(slot, other.slot, level: level) {
                    graph.link(slot, other.slot, level: level)
                }
            }
        }
    }

    // MARK: Wishes and their reverses

    /// Lists of all nodes in one array.
    private struct JoinedLists: Sendable {
        var starts: [Int]
        var elements: [UInt32]

        func list(_ node: Int) -> [UInt32] { Array(elements[starts[node]..<starts[node + 1]]) }
    }

    /// For each node the slots it wishes for and those that wish for it, each once, ascending.
    private func joinedWishes() -> JoinedLists {
        var positions = Array(repeating: 0, count: graph.slotCount)
        for (position, slot) in slots.enumerated() { positions[Int(slot)] = position }
        var starts = Array(repeating: 0, count: slots.count + 1)
        forEachWish { node, slot in
            starts[node + 1] += 1
            starts[positions[Int(slot)] + 1] += 1
        }
        for node in slots.indices { starts[node + 1] += starts[node] }
        var ends = starts
        var elements = Array(repeating: UInt32(0), count: starts[slots.count])
        forEachWish { node, slot in
            let other = positions[Int(slot)]
            elements[ends[node]] = slot
            ends[node] += 1
            elements[ends[other]] = slots[node]
            ends[other] += 1
        }
        var joined = JoinedLists(starts: [0], elements: [])
        joined.starts.reserveCapacity(slots.count + 1)
        joined.elements.reserveCapacity(elements.count)
        for node in slots.indices {
            var last = HNSWGraph.noSlot
            for slot in elements[starts[node]..<starts[node + 1]].sorted() where slot != last {
                joined.elements.append(slot)
                last = slot
            }
            joined.starts.append(joined.elements.count)
        }
        return joined
    }

    private func forEachWish(_ body: (_ node: Int, _ slot: UInt32) -> Void) {
        for node in slots.indices {
            for place in 0..<wishLimit {
                let slot = wishes[node * wishLimit + place]
                if slot == HNSWGraph.noSlot { break }
                body(node, slot)
            }
        }
    }
}
