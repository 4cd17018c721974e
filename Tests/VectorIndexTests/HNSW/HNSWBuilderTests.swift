import TestSupport
import Testing

@testable import VectorIndex

@Suite struct HNSWBuilderTests {
    /// Nodes of level 0 at points of a line, with nothing linked yet.
    private struct Line {
        let graph: HNSWGraph
        let rows: VectorRows
        let builder: HNSWBuilder

        init(_ places: [Float], m: Int = 2, m0: Int = 4) throws {
            graph = try makeGraph(slots: places.count, m: m, m0: m0)
            rows = VectorRows(dimension: 1, metric: .l2)
            rows.grow(toHold: places.count)
            for (slot, place) in places.enumerated() { rows.store(padded([place]), slot: UInt32(slot)) }
            builder = HNSWBuilder(graph: graph, rows: rows, codes: nil, efConstruction: 10)
        }

        func candidates(_ slot: UInt32, _ others: [UInt32]) -> [Candidate] {
            others.map { Candidate(distance: rows.distance(slot, $0), slot: $0) }.sorted()
        }
    }

    @Test func theFirstNodeIsRootAndEntryPoint() throws {
        let line = try Line([3])
        line.builder.link(0, candidates: [])
        #expect(line.graph.entryPoint == 0 && line.graph.root == 0 && line.graph.parent(of: 0) == nil)
        #expect(line.graph.checkInvariants() == [])
        line.builder.remove(0)
        #expect(line.graph.entryPoint == nil && line.graph.root == nil && line.graph.liveCount == 0)
    }

    @Test func theNearestBecomesTheParent() throws {
        let line = try Line([0, 10, 9])
        line.builder.link(0, candidates: [])
        line.builder.link(1, candidates: [line.candidates(1, [0])])
        line.builder.link(2, candidates: [line.candidates(2, [0, 1])])
        #expect(line.graph.parent(of: 1) == 0 && line.graph.parent(of: 2) == 1)
        #expect(line.graph.checkInvariants() == [])
    }

    /// m0 4 lets a node have two links of the tree: the third child goes under another.
    @Test func aParentTakesHalfOfItsLinks() throws {
        let line = try Line([0, 1, -1, 0.5])
        line.builder.link(0, candidates: [])
        for slot: UInt32 in 1...3 { line.builder.link(slot, candidates: [line.candidates(slot, Array(0..<slot))]) }
        #expect(line.graph.children(of: 0) == [1, 2])
        #expect(line.graph.parent(of: 3) == 1)
        #expect(line.graph.checkInvariants() == [])
        // 0 has two children and 1 a parent and a child: the way down ends at the leaf.
        #expect(line.builder.nodeWithRoom(below: 0) == 3 && line.builder.nodeWithRoom(below: 2) == 2)
    }

    /// A full node gives up its farthest link for a nearer one, but never one of the tree.
    @Test func aFullNodeMakesRoom() throws {
        let line = try Line([0, 1, 2, 3, 4, 0.5], m: 2, m0: 4)
        for other: UInt32 in 1...4 { line.graph.link(0, other, level: 0) }
        line.graph.setParent(of: 0, to: nil)
        line.graph.setParent(of: 4, to: 0)
        for slot: UInt32 in 1...3 {
            line.graph.link(slot, 5, level: 0)
            line.graph.setParent(of: slot, to: 0)
        }
        line.graph.setParent(of: 1, to: 5)
        line.graph.setParent(of: 2, to: 5)
        line.graph.unlink(3, 5, level: 0)
        line.graph.setParent(of: 3, to: 0)
        line.builder.linkToParent(5, 0)
        // 3 and 4 hang under 0 and stay; of 1 and 2 the farther one went.
        #expect(Set(line.graph.neighbors(of: 0, level: 0)) == [1, 3, 4, 5])
        #expect(line.graph.parent(of: 5) == 0)
    }

    @Test func candidatesAreSortedAndLeaveTheNodeOut() throws {
        let seed: UInt64 = 0xB1
        var data = SeededVectors(seed: seed)
        let index = try makeIndex(
            (0..<300).map { _ in data.vector(6) }, metric: .l2, parameters: HNSWParameters(m: 4, m0: 8, seed: 2))
        let builder = HNSWBuilder(graph: index.graph, rows: index.rows, codes: nil, efConstruction: 40)
        for slot in stride(from: UInt32(0), to: 300, by: 7) {
            let lists = index.scratchPool.withScratch { scratch in
                index.rows.load(slot, into: scratch.query.base)
                return builder.candidates(upTo: index.graph.level(of: slot), except: slot, scratch: scratch)
            }
            #expect(lists.count == min(index.graph.level(of: slot), index.graph.topLevel) + 1)
            for (level, list) in lists.enumerated() {
                #expect(list == list.sorted() && !list.contains { $0.slot == slot }, "seed \(seed), slot \(slot)")
                #expect(list.allSatisfy { index.graph.level(of: $0.slot) >= level })
                #expect(list.allSatisfy { $0.distance == index.rows.distance(slot, $0.slot) })
            }
            #expect(lists[0].count >= 30 && lists[0].count <= 128)
        }
    }

    /// Whatever is detached and linked again, the graph stays sound and loses no node.
    @Test(arguments: [(2, 2), (2, 3), (3, 5), (8, 16)])
    func detachingAndLinkingAgain(m: Int, m0: Int) throws {
        let seed: UInt64 = 0xB2
        var data = SeededVectors(seed: seed)
        let index = try makeIndex(
            (0..<120).map { _ in data.vector(3) }, metric: .l2,
            parameters: HNSWParameters(m: m, m0: m0, efConstruction: 10))
        let builder = HNSWBuilder(graph: index.graph, rows: index.rows, codes: nil, efConstruction: 10)
        for _ in 0..<150 {
            let slot = UInt32.random(in: 0..<120, using: &data)
            index.scratchPool.withScratch { scratch in
                index.rows.load(slot, into: scratch.query.base)
                let candidates = builder.candidates(upTo: index.graph.level(of: slot), except: slot, scratch: scratch)
                builder.detach(slot)
                #expect((0...index.graph.level(of: slot)).allSatisfy { index.graph.degree(of: slot, level: $0) == 0 })
                builder.link(slot, candidates: candidates)
            }
            let problems = index.graph.checkInvariants()
            #expect(problems == [], "seed \(seed), slot \(slot)")
            if !problems.isEmpty { return }
        }
    }
}
