extension HNSWGraph {
    /// A few lines for a person: nodes a level, their mean degree, the degrees of level 0, where searches start.
    func dump() -> String {
        var lines = [
            "HNSW graph: \(liveCount) nodes in \(slotCount) slots, m \(m), m0 \(m0), "
                + "entry point \(name(entryPoint)) on level \(topLevel), root \(name(root))"
        ]
        for level in (0...topLevel).reversed() {
            let nodes = (0..<UInt32(slotCount)).filter { isLive($0) && self.level(of: $0) >= level }
            let links = nodes.reduce(0) { $0 + degree(of: $1, level: level) }
            let mean = nodes.isEmpty ? 0 : Double(links * 10 / nodes.count) / 10
            lines.append("level \(level): \(nodes.count) nodes, \(mean) neighbors on average")
        }
        var histogram = Array(repeating: 0, count: m0 + 1)
        for slot in 0..<UInt32(slotCount) where isLive(slot) { histogram[degree(of: slot, level: 0)] += 1 }
        let bars = histogram.enumerated().filter { $0.element > 0 }.map { "\($0.offset):\($0.element)" }
        lines.append("degrees on level 0: " + bars.joined(separator: " "))
        return lines.joined(separator: "\n")
    }

    /// One node: its level, parent, and neighbors level by level.
    func dump(slot: UInt32) -> String {
        guard isLive(slot) else { return "slot \(slot): free" }
        var lines = ["slot \(slot): level \(level(of: slot)), parent \(name(parent(of: slot)))"]
        for level in (0...level(of: slot)).reversed() {
            let neighbors = neighbors(of: slot, level: level).map { String($0) }
            lines.append("level \(level): " + neighbors.joined(separator: " "))
        }
        return lines.joined(separator: "\n")
    }

    private func name(_ slot: UInt32?) -> String { slot.map { String($0) } ?? "none" }
}
