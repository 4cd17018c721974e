import Testing

@testable import VectorIndex

@Suite struct HNSWGraphTests {
    @Test func linksAreMutualAndKeepTheirOrder() throws {
        let graph = try makeGraph(slots: 5)
        for other in 1...4 { graph.link(0, UInt32(other), level: 0) }
        graph.unlink(0, 2, level: 0)
        #expect(graph.neighbors(of: 0, level: 0) == [1, 3, 4])
        #expect(graph.neighbors(of: 2, level: 0) == [])
        #expect(graph.neighbors(of: 4, level: 0) == [0])
        #expect(graph.areLinked(3, 0, level: 0) && !graph.areLinked(0, 2, level: 0))
    }

    /// A block is whole cache lines: its neighbors, then the sentinel up to its end, also when it is full.
    @Test func blocksEndWithTheSentinel() throws {
        let graph = try makeGraph(slots: 20, m: 4, m0: 16)
        #expect(graph.stride0 == 16 && graph.upperStride == 16)
        #expect(HNSWGraph.stride(degree: 17) == 32 && HNSWGraph.stride(degree: 2) == 16)
        for degree in 0...16 {
            #expect(graph.degree(of: 0, level: 0) == degree)
            #expect(graph.hasRoom(0, level: 0) == (degree < 16))
            #expect((degree..<16).allSatisfy { graph.block(of: 0, level: 0)[$0] == HNSWGraph.noSlot })
            if degree < 16 { graph.link(0, UInt32(degree + 1), level: 0) }
        }
        for other in (1...16).reversed() { graph.unlink(0, UInt32(other), level: 0) }
        #expect((0..<16).allSatisfy { graph.block(of: 0, level: 0)[$0] == HNSWGraph.noSlot })
    }

    @Test func allNeighborsAtOnce() throws {
        let graph = try makeGraph(slots: 6)
        graph.setNeighbors(of: 2, level: 0, to: [5, 1, 3][...])
        #expect(graph.neighbors(of: 2, level: 0) == [5, 1, 3])
        graph.setNeighbors(of: 2, level: 0, to: [4][...])
        #expect(graph.neighbors(of: 2, level: 0) == [4])
    }

    @Test func theLowestFreeSlotIsReused() throws {
        let graph = try makeGraph(slots: 6)
        let levels = graph.levels
        graph.releaseSlot(4)
        graph.releaseSlot(1)
        #expect(graph.liveCount == 4 && !graph.isLive(1) && !graph.isLive(99))
        #expect(graph.occupySlot() == 1)
        #expect(graph.occupySlot() == 4)
        #expect(graph.occupySlot() == 6)
        #expect(Array(graph.levels.prefix(6)) == levels)
    }

    /// A slot that is given out belongs to the graph only once it is published.
    @Test func occupiedSlotsAreNotLive() throws {
        let graph = try makeGraph(slots: 2)
        let slot = graph.occupySlot()
        #expect(slot == 2 && !graph.isLive(slot) && graph.liveCount == 2)
        graph.publish(slot)
        #expect(graph.isLive(slot) && graph.liveCount == 3)
    }

    /// P(level ≥ l) = m⁻ˡ; the tolerance is five standard deviations.
    @Test func levelsThinOutByM() throws {
        let graph = try makeGraph(slots: 20_000)
        for level in 1...3 {
            let share = Double(graph.levels.count { $0 >= level }) / 20_000
            let expected = [1, 0.25, 0.0625, 0.015_625][level]
            let deviation = (expected * (1 - expected) / 20_000).squareRoot()
            #expect(abs(share - expected) < 5 * deviation, "level \(level)")
        }
        #expect(HNSWGraph(m: 4, m0: 8, seed: 2).levels.isEmpty)
    }

    @Test func climbing() throws {
        let graph = try makeGraph(slots: 4)
        for child in 1...3 { graph.setParent(of: UInt32(child), to: UInt32(child - 1)) }
        #expect(graph.isOrMayBe(3, inSubtreeOf: 1))
        #expect(graph.isOrMayBe(3, inSubtreeOf: 3))
        #expect(!graph.isOrMayBe(1, inSubtreeOf: 3))
    }

    /// Beyond the limit of a climb the answer is "may be".
    @Test func aWayTooLongToTell() throws {
        let graph = try makeGraph(slots: HNSWGraph.climbLimit + 10)
        graph.setParent(of: 0, to: nil)
        for child in 1..<UInt32(graph.slotCount) { graph.setParent(of: child, to: child - 1) }
        let leaf = UInt32(graph.slotCount - 1)
        #expect(graph.isOrMayBe(leaf, inSubtreeOf: 9_999))
        #expect(!graph.isOrMayBe(UInt32(HNSWGraph.climbLimit) - 1, inSubtreeOf: 9_999))
    }

    @Test func treeDegreesCountTheParent() throws {
        let graph = try makeGraph(slots: 5)
        graph.setParent(of: 0, to: nil)
        for child: UInt32 in 1...4 {
            graph.link(0, child, level: 0)
            graph.setParent(of: child, to: 0)
        }
        #expect(graph.treeDegreeLimit == 4 && graph.treeDegree(of: 0) == 4 && !graph.canTakeChild(0))
        #expect(graph.treeDegree(of: 3) == 1 && graph.canTakeChild(3))
        #expect(graph.children(of: 0) == [1, 2, 3, 4] && graph.children(of: 3) == [])
        #expect(graph.isTreeLink(0, 3) && graph.isTreeLink(3, 0) && !graph.isTreeLink(2, 3))
        #expect(graph.parent(of: 3) == 0 && graph.parent(of: 0) == nil)
    }

    @Test func theHighestNode() throws {
        let graph = try makeGraph(slots: 200)
        let top = graph.levels.max() ?? 0
        let first = graph.levels.firstIndex(of: top).map { UInt32($0) }
        #expect(graph.highestNode(where: graph.isLive) == first)
        #expect(graph.highestNode { $0 != first } != first)
        #expect(HNSWGraph(m: 4, m0: 8, seed: 1).highestNode { _ in true } == nil)
    }
}
