/// Proves a graph that came from outside: whatever it holds, the proof reads only memory that exists.
///
/// One pass over the links, without the random reads that `checkInvariants` needs, so that large files open fast.
struct GraphProof {
    let graph: HNSWGraph

    /// The first broken rule in a sentence; nil if the graph is sound.
    func firstProblem() -> String? {
        entryPointProblem() ?? linkProblem() ?? treeProblem()
    }

    /// Whether walks stay within memory: entry points and links lead to slots of their level. One pass over the links.
    func firstUnsafeLink() -> String? {
        if let problem = entryPointProblem() { return problem }
        let slotCount = UInt32(graph.slotCount)
        for slot in 0..<slotCount {
            for level in 0...graph.level(of: slot) {
                // SAFETY: a block holds at least `capacity` words.
                let block = unsafe graph.block(of: slot, level: level)
                for index in 0..<graph.capacity(level: level) {
                    let neighbor = unsafe block[index]
                    if neighbor == HNSWGraph.noSlot { break }
                    guard neighbor < slotCount, level == 0 || graph.level(of: neighbor) >= level else {
                        return "slot \(slot) has the bad neighbor \(neighbor) on level \(level)"
                    }
                }
            }
        }
        return nil
    }

    private func entryPointProblem() -> String? {
        let highest = (0..<UInt32(graph.slotCount)).lazy.filter(graph.isLinked).map(graph.level(of:)).max()
        guard let highest else {
            return graph.entryPoint == nil && graph.root == nil ? nil : "an empty graph has an entry point or a root"
        }
        guard let entryPoint = graph.entryPoint, graph.isLinked(entryPoint) else {
            return "the entry point is not part of the graph"
        }
        guard let root = graph.root, graph.isLive(root) else { return "the root is not live" }
        return graph.level(of: entryPoint) == highest ? nil : "the entry point is not on the highest level"
    }

    /// Degrees, ranges, repetitions, and that links are mutual.
    ///
    /// The last by a balance: every link a → b adds a random function of the unordered pair, the level and a secret if
    /// a < b, and takes it away if a > b. The sum is zero when each link has its partner, and else with a chance of 2⁻⁶⁴.
    private func linkProblem() -> String? {
        var generator = SystemRandomNumberGenerator()
        let secret = generator.next()
        var balance: UInt64 = 0
        var seenFrom = Array(repeating: 0, count: graph.slotCount)
        var visit = 0
        for slot in 0..<UInt32(graph.slotCount) {
            for level in 0...graph.level(of: slot) {
                visit += 1
                // SAFETY: a block holds at least `capacity` words.
                let block = unsafe graph.block(of: slot, level: level)
                let count = graph.degree(of: slot, level: level)
                guard count == 0 || graph.isLive(slot) else {
                    return "slot \(slot) is free but has \(count) neighbors on level \(level)"
                }
                for index in count..<(level == 0 ? graph.stride0 : graph.upperStride)
                where unsafe block[index] != HNSWGraph.noSlot {
                    return "the block of slot \(slot) on level \(level) goes on behind its end"
                }
                for index in 0..<count {
                    let neighbor = unsafe block[index]
                    guard neighbor != slot, graph.isLive(neighbor), graph.level(of: neighbor) >= level,
                        seenFrom[Int(neighbor)] != visit
                    else { return "slot \(slot) has the bad neighbor \(neighbor) on level \(level)" }
                    seenFrom[Int(neighbor)] = visit
                    let pair = UInt64(min(slot, neighbor)) << 32 | UInt64(max(slot, neighbor))
                    let weight = Self.mix(Self.mix(pair ^ secret) &+ UInt64(level) &* 0x9E37_79B9_7F4A_7C15)
                    balance = slot < neighbor ? balance &+ weight : balance &- weight
                }
            }
        }
        return balance == 0 ? nil : "a link has no partner"
    }

    /// Every live node that has links, but for the root, has a live neighbor as parent, none has more links of the tree than changes count on,
    /// and the way up from each ends at the root.
    private func treeProblem() -> String? {
        var treeDegrees = Array(repeating: 0, count: graph.slotCount)
        for slot in 0..<UInt32(graph.slotCount) {
            let parent = graph.parent(of: slot)
            if !graph.isLive(slot) || slot == graph.root {
                if parent != nil { return "slot \(slot) has a parent but should have none" }
            } else if graph.isLinked(slot) || hasLinks(slot) {
                guard let parent, graph.isLive(parent), graph.areLinked(slot, parent, level: 0) else {
                    return "slot \(slot) is not linked to its parent"
                }
                treeDegrees[Int(slot)] += 1
                treeDegrees[Int(parent)] += 1
            }
        }
        if let slot = treeDegrees.firstIndex(where: { $0 > graph.treeDegreeLimit }) {
            return "slot \(slot) has \(treeDegrees[slot]) links of the tree, over \(graph.treeDegreeLimit)"
        }
        return wayUpProblem()
    }

    private func hasLinks(_ slot: UInt32) -> Bool {
        (0...graph.level(of: slot)).contains { graph.degree(of: slot, level: $0) > 0 }
    }

    /// Climbs from every node until a node that is known to reach the root; a node met twice on one climb is a cycle.
    private func wayUpProblem() -> String? {
        guard let root = graph.root else { return nil }
        let reachesRoot = UInt32.max
        var climbs = Array(repeating: UInt32(0), count: graph.slotCount)
        climbs[Int(root)] = reachesRoot
        for start in 0..<UInt32(graph.slotCount) where graph.isLive(start) {
            var way: [UInt32] = []
            var slot = start
            while climbs[Int(slot)] != reachesRoot {
                if climbs[Int(slot)] == start + 1 { return "slot \(slot) is its own ancestor" }
                climbs[Int(slot)] = start + 1
                way.append(slot)
                slot = graph.parent(of: slot) ?? root
            }
            for slot in way { climbs[Int(slot)] = reachesRoot }
        }
        return nil
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
