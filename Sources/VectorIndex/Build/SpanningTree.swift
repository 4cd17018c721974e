/// Lays the spanning tree (see `HNSWGraph`) into the links of a level 0 that has none, breadth first from the entry point.
struct SpanningTree {
    let builder: HNSWBuilder
    private var graph: HNSWGraph { builder.graph }

    /// Every slot is live and without a parent.
    func grow() {
        guard let root = graph.entryPoint else { return }
        let graph = graph
        graph.setParent(of: root, to: nil)
        var isReached = Array(repeating: false, count: graph.slotCount)
        var treeDegrees = Array(repeating: 0, count: graph.slotCount)
        var next = 0
        func hang(_ slot: UInt32, under parent: UInt32) {
            graph.setParent(of: slot, to: parent)
            treeDegrees[Int(slot)] += 1
            treeDegrees[Int(parent)] += 1
            isReached[Int(slot)] = true
        }
        func spread(from start: UInt32) {
            var queue = [start]
            var head = 0
            while head < queue.count {
                let parent = queue[head]
                head += 1
                for child in graph.neighbors(of: parent, level: 0) where !isReached[Int(child)] {
                    guard treeDegrees[Int(parent)] < graph.treeDegreeLimit else { break }
                    // A node keeps a place for a child of its own: leaves can always take one.
                    hang(child, under: parent)
                    queue.append(child)
                }
            }
        }
        isReached[Int(root)] = true
        spread(from: root)
        // What full parents or missing links have left over: each under a neighbor, or else where the tree has room.
        while next < graph.slotCount {
            let slot = UInt32(next)
            next += 1
            if isReached[Int(slot)] { continue }
            let neighbor = graph.neighbors(of: slot, level: 0).first {
                isReached[Int($0)] && treeDegrees[Int($0)] < graph.treeDegreeLimit
            }
            if let neighbor {
                hang(slot, under: neighbor)
            } else {
                let parent = builder.nodeWithRoom(below: root)
                builder.linkToParent(slot, parent)
                hang(slot, under: parent)
            }
            spread(from: slot)
        }
    }
}
