import Testing

@testable import VectorIndex

@Suite struct HNSWGraphInvariantsTests {
    /// A star: 0 is linked to 1, 2 and 3 and is their parent.
    @Test func whatIsBrokenIsNoticed() throws {
        func problems(_ breakIt: (HNSWGraph) -> Void) throws -> String {
            let graph = try makeGraph(slots: 4)
            for child: UInt32 in 1...3 {
                graph.link(0, child, level: 0)
                graph.setParent(of: child, to: 0)
            }
            graph.setParent(of: 0, to: nil)
            graph.entryPoint = graph.highestNode(where: graph.isLive)
            #expect(graph.checkInvariants() == [])
            #expect(GraphProof(graph: graph).firstProblem() == nil)
            breakIt(graph)
            #expect(GraphProof(graph: graph).firstProblem() != nil)
            return graph.checkInvariants().joined(separator: "; ")
        }
        #expect(try problems { $0.block(of: 1, level: 0)[1] = 2 }.contains("not the other way round"))
        #expect(try problems { $0.block(of: 1, level: 0)[1] = 1 }.contains("its own neighbor"))
        #expect(try problems { $0.block(of: 1, level: 0)[1] = 77 }.contains("free or out of range"))
        #expect(try problems { $0.block(of: 0, level: 0)[3] = 1 }.contains("twice"))
        #expect(try problems { $0.block(of: 0, level: 0)[4] = 2 }.contains("behind its end"))
        #expect(try problems { $0.block(of: 0, level: 0)[15] = 2 }.contains("behind its end"))
        #expect(try problems { $0.block(of: 0, level: 0)[1] = HNSWGraph.noSlot }.contains("behind its end"))
        #expect(
            try problems {
                $0.unlink(0, 3, level: 0)
                $0.releaseSlot(3)
                $0.setParent(of: 3, to: 0)
            }.contains("is free but has a parent"))
        #expect(try problems { $0.entryPoint = nil }.contains("no entry point"))
        #expect(try problems { $0.entryPoint = 9 }.contains("is free"))
        #expect(try problems { $0.root = nil }.contains("no place in the tree"))
        #expect(try problems { $0.root = 2 }.contains("no place in the tree"))
        #expect(try problems { $0.setParentless(2) }.contains("no place in the tree"))
        #expect(try problems { $0.unlink(0, 3, level: 0) }.contains("reaches 3 of 4"))
        #expect(
            try problems {
                $0.link(1, 2, level: 0)
                $0.setParent(of: 1, to: 2)
                $0.setParent(of: 2, to: 1)
            }.contains("reaches 2 of 4"))
    }

    @Test func anEntryPointBelowTheTop() throws {
        let graph = try makeGraph(slots: 200)
        graph.entryPoint = graph.levels.firstIndex(of: 0).map { UInt32($0) }
        let root = try #require(graph.entryPoint)
        for slot in 0..<UInt32(200) { graph.setParent(of: slot, to: slot == root ? nil : root) }
        #expect(graph.checkInvariants().contains { $0.contains("not on the highest level") })
        #expect(GraphProof(graph: graph).firstUnsafeLink()?.contains("highest level") == true)
    }

    @Test func aNodeOfAnUpperLevelLinkedToOneBelow() throws {
        let graph = try makeGraph(slots: 200)
        let high = try #require(graph.levels.firstIndex { $0 > 0 })
        let low = try #require(graph.levels.firstIndex(of: 0))
        graph.entryPoint = graph.highestNode(where: graph.isLive)
        graph.root = graph.entryPoint
        graph.block(of: UInt32(high), level: 1)[0] = UInt32(low)
        #expect(graph.checkInvariants().contains { $0.contains("not on the level") })
        #expect(GraphProof(graph: graph).firstUnsafeLink()?.contains("bad neighbor") == true)
    }
}
