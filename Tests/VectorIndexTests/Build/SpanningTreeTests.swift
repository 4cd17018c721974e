import TestSupport
import Testing

@testable import VectorIndex

@Suite struct SpanningTreeTests {
    private func grown(_ graph: HNSWGraph, _ vectors: [[Float]]) throws -> [String] {
        let rows = try makeRows(vectors, metric: .l2)
        graph.entryPoint = graph.highestNode(where: graph.isLive)
        SpanningTree(builder: HNSWBuilder(graph: graph, rows: rows, codes: nil, efConstruction: 1)).grow()
        return graph.checkInvariants() + (GraphProof(graph: graph).firstProblem().map { [$0] } ?? [])
    }

    @Test func emptyGraph() {
        let graph = makeGraph(count: 0)
        let rows = VectorRows(dimension: 1, metric: .l2)
        SpanningTree(builder: HNSWBuilder(graph: graph, rows: rows, codes: nil, efConstruction: 1)).grow()
        #expect(graph.root == nil && graph.checkInvariants() == [])
    }

    /// Without any links the tree makes its own.
    @Test(arguments: [1, 2, 3, 70], [(2, 2), (3, 5), (16, 32)])
    func noLinks(count: Int, limits: (m: Int, m0: Int)) throws {
        let graph = makeGraph(count: count, m: limits.m, m0: limits.m0)
        #expect(try grown(graph, (0..<count).map { [Float($0)] }) == [])
        #expect(graph.root == graph.entryPoint)
    }

    @Test(arguments: [(2, 2), (3, 5), (4, 8)])
    func ringsOfFullNodes(limits: (m: Int, m0: Int)) throws {
        // Rings that fill all places of their nodes: the tree must take links away to join them.
        let (rings, size) = (6, 9)
        let graph = makeGraph(count: rings * size, m: limits.m, m0: limits.m0)
        for ring in 0..<rings {
            for reach in 1...(limits.m0 / 2) {
                for place in 0..<size {
                    let (a, b) = (UInt32(ring * size + place), UInt32(ring * size + (place + reach) % size))
                    if graph.hasRoom(a, level: 0), graph.hasRoom(b, level: 0), !graph.areLinked(a, b, level: 0) {
                        graph.link(a, b, level: 0)
                    }
                }
            }
        }
        let vectors = (0..<(rings * size)).map { [Float($0 / size * 100), Float($0 % size)] }
        #expect(try grown(graph, vectors) == [])
    }

    @Test func randomGraphs() throws {
        for seed in UInt64(1)...20 {
            var data = SeededVectors(seed: seed)
            let count = Int.random(in: 2...120, using: &data)
            let m0 = Int.random(in: 2...9, using: &data)
            let graph = makeGraph(count: count, m: 2, m0: m0, seed: seed)
            for _ in 0..<(count * Int.random(in: 0...4, using: &data)) {
                let a = UInt32.random(in: 0..<UInt32(count), using: &data)
                let b = UInt32.random(in: 0..<UInt32(count), using: &data)
                if a != b, graph.hasRoom(a, level: 0), graph.hasRoom(b, level: 0), !graph.areLinked(a, b, level: 0) {
                    graph.link(a, b, level: 0)
                }
            }
            let problems = try grown(graph, (0..<count).map { _ in data.vector(2) })
            #expect(problems == [], "seed \(seed), \(count) nodes, m0 \(m0)")
        }
    }
}
