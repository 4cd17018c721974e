extension HNSWGraph {
    /// Checks all that the type promises and describes each broken promise in a sentence; empty means sound.
    ///
    /// Time: proportional to the links times the degree.
    func checkInvariants() -> [String] {
        var problems: [String] = []
        let found = live.count(where: { $0 })
        if found != liveCount { problems.append("\(liveCount) live nodes counted, \(found) found") }
        for slot in (0..<UInt32(slotCount)) {
            for level in 0...self.level(of: slot) { checkLinks(of: slot, level: level, &problems) }
        }
        checkEntryPoint(&problems)
        // The tree is followed over links, which must be sound for that.
        if problems.isEmpty { checkTree(&problems) }
        return problems
    }

    private func checkLinks(of slot: UInt32, level: Int, _ problems: inout [String]) {
        let name = "slot \(slot) on level \(level)"
        let degree = degree(of: slot, level: level)
        // SAFETY: a block is `stride` words.
        let block = unsafe block(of: slot, level: level)
        for index in degree..<(level == 0 ? stride0 : upperStride) where unsafe block[index] != Self.noSlot {
            return problems.append("the block of \(name) goes on behind its end")
        }
        if !isLive(slot) {
            if degree > 0 { problems.append("\(name) is free but has \(degree) neighbors") }
            if level == 0, parent(of: slot) != nil { problems.append("slot \(slot) is free but has a parent") }
            return
        }
        if !isLinked(slot), degree > 0 { problems.append("\(name) has \(degree) neighbors but no place in the tree") }
        let neighbors = neighbors(of: slot, level: level)
        if Set(neighbors).count != neighbors.count { problems.append("\(name) lists a neighbor twice") }
        for neighbor in neighbors {
            if neighbor == slot {
                problems.append("\(name) is its own neighbor")
            } else if !isLive(neighbor) {
                problems.append("\(name) has the neighbor \(neighbor), which is free or out of range")
            } else if self.level(of: neighbor) < level {
                problems.append("\(name) has the neighbor \(neighbor), which is not on the level")
            } else if !areLinked(neighbor, slot, level: level) {
                problems.append("\(name) has the neighbor \(neighbor), but not the other way round")
            }
        }
    }

    private func checkEntryPoint(_ problems: inout [String]) {
        let linked = (0..<UInt32(slotCount)).filter(isLinked)
        guard let entryPoint else {
            if !linked.isEmpty { problems.append("no entry point for \(linked.count) nodes") }
            return
        }
        guard isLinked(entryPoint) else {
            return problems.append("the entry point \(entryPoint) is free or not linked")
        }
        let highest = linked.lazy.map { self.level(of: $0) }.max() ?? 0
        if level(of: entryPoint) != highest {
            problems.append("the entry point is not on the highest level \(highest)")
        }
    }

    /// Walks the tree down from the root: every linked node must be met exactly once, over links that exist.
    private func checkTree(_ problems: inout [String]) {
        guard let root else { return }
        let linkedCount = (0..<UInt32(slotCount)).count(where: isLinked)
        guard isLive(root), parent(of: root) == nil else {
            return problems.append("the root \(root) is free or has a parent")
        }
        var met = 0
        var pending = [root]
        while let slot = pending.popLast(), met <= liveCount {
            met += 1
            if treeDegree(of: slot) > treeDegreeLimit {
                problems.append("slot \(slot) has \(treeDegree(of: slot)) tree links, over \(treeDegreeLimit)")
            }
            pending += children(of: slot)
        }
        if met != linkedCount { problems.append("the spanning tree reaches \(met) of \(linkedCount) nodes") }
    }
}
