import Testing

@testable import VectorIndex

@Suite struct HNSWGraphDumpTests {
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

    @Test func anEmptyGraph() {
        let graph = HNSWGraph(m: 4, m0: 8, seed: 1)
        #expect(graph.dump().contains("0 nodes in 0 slots") && graph.dump().contains("entry point none"))
    }
}
