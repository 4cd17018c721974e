import Testing

@testable import VectorIndex

@Suite struct HNSWGraphTests {
    private func makeGraph(slots: Int, m: Int = 4, m0: Int = 8) throws -> HNSWGraph {
        let graph = HNSWGraph(m: m, m0: m0, seed: 1)
        for _ in 0..<slots { _ = try graph.occupySlot() }
        return graph
    }

    @Test func linksAreMutualAndKeepTheirOrder() throws {
        let graph = try makeGraph(slots: 5)
        for other in 1...4 { graph.link(0, UInt32(other), level: 0) }
        graph.unlink(0, 2, level: 0)
        #expect(graph.neighbors(of: 0, level: 0) == [1, 3, 4])
        #expect(graph.neighbors(of: 2, level: 0) == [])
        #expect(graph.neighbors(of: 4, level: 0) == [0])
        #expect(graph.areLinked(3, 0, level: 0) && !graph.areLinked(0, 2, level: 0))
    }

    @Test func theLowestFreeSlotIsReused() throws {
        let graph = try makeGraph(slots: 6)
        let levels = graph.levels
        graph.releaseSlot(4)
        graph.releaseSlot(1)
        #expect(graph.liveCount == 4 && !graph.isLive(1) && !graph.isLive(99))
        #expect(try graph.occupySlot() == 1)
        #expect(try graph.occupySlot() == 4)
        #expect(try graph.occupySlot() == 6)
        #expect(Array(graph.levels.prefix(6)) == levels)
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

    @Test func invariantsNoticeWhatIsBroken() throws {
        func problems(_ breakIt: (HNSWGraph) -> Void) throws -> String {
            let graph = try makeGraph(slots: 4)
            for child in 1...3 {
                graph.link(0, UInt32(child), level: 0)
                graph.setParent(of: UInt32(child), to: 0)
            }
            graph.setParent(of: 0, to: nil)
            graph.entryPoint = graph.highestNode(except: HNSWGraph.noSlot)
            #expect(graph.checkInvariants() == [])
            #expect(GraphProof(graph: graph).firstProblem() == nil)
            breakIt(graph)
            #expect(GraphProof(graph: graph).firstProblem() != nil)
            return graph.checkInvariants().joined(separator: "; ")
        }
        #expect(try problems { $0.block(of: 1, level: 0)[1] = 2 }.contains("not the other way round"))
        #expect(try problems { $0.block(of: 1, level: 0)[1] = 1 }.contains("its own neighbor"))
        #expect(try problems { $0.block(of: 1, level: 0)[1] = 77 }.contains("free or out of range"))
        #expect(try problems { $0.block(of: 0, level: 0)[2] = 1 }.contains("twice"))
        #expect(try problems { $0.block(of: 0, level: 0)[0] = 9 }.contains("over 8"))
        #expect(try problems { $0.entryPoint = nil }.contains("no entry point"))
        #expect(try problems { $0.root = nil }.contains("no root"))
        #expect(try problems { $0.setParentless(2) }.contains("reaches 3 of 4"))
        #expect(try problems { $0.unlink(0, 3, level: 0) }.contains("reaches 3 of 4"))
        #expect(
            try problems {
                $0.link(1, 2, level: 0)
                $0.setParent(of: 1, to: 2)
                $0.setParent(of: 2, to: 1)
            }.contains("reaches 2 of 4"))
    }

    @Test func climbing() throws {
        let graph = try makeGraph(slots: 4)
        for child in 1...3 { graph.setParent(of: UInt32(child), to: UInt32(child - 1)) }
        #expect(graph.isOrMayBe(3, inSubtreeOf: 1))
        #expect(graph.isOrMayBe(3, inSubtreeOf: 3))
        #expect(!graph.isOrMayBe(1, inSubtreeOf: 3))
    }

    @Test func dumps() throws {
        let graph = try makeGraph(slots: 2)
        graph.link(0, 1, level: 0)
        graph.setParent(of: 0, to: nil)
        graph.setParent(of: 1, to: 0)
        graph.entryPoint = 0
        #expect(graph.dump().contains("2 nodes in 2 slots"))
        #expect(graph.dump().contains("degrees on level 0: 1:2"))
        #expect(graph.dump(slot: 1).contains("parent 0"))
        #expect(graph.dump(slot: 9) == "slot 9: free")
    }
}
