import TestSupport
import Testing

@testable import VectorIndex

@Suite struct LinkMatchingTests {
    private func allCandidates(_ rows: VectorRows, _ slots: [UInt32], of slot: UInt32) -> [Candidate] {
        slots.filter { $0 != slot }.map { Candidate(distance: rows.distance(slot, $0), slot: $0) }.sorted()
    }

    private func link(_ matching: LinkMatching, threads: Int = 1, isCancelled: Bool = false) -> Bool {
        matching.link(threads: threads, isCancelled: { isCancelled })
    }

    private func matched(
        _ vectors: [[Float]], metric: Metric, m: Int, m0: Int, level: Int = 0, threads: Int = 1
    ) throws -> HNSWGraph {
        let rows = try makeRows(vectors, metric: metric)
        let graph = makeGraph(count: vectors.count, m: m, m0: m0)
        let slots = (0..<UInt32(vectors.count)).filter { graph.level(of: $0) >= level }
        let matching = LinkMatching(graph: graph, rows: rows, slots: slots, level: level)
        for (node, slot) in slots.enumerated() {
            matching.setWishes(of: node, from: allCandidates(rows, slots, of: slot))
        }
        #expect(link(matching, threads: threads))
        return graph
    }

    /// On a line everyone is linked to the next ones: those farther on lie behind them. The ends, which have one next one
    /// only, ask for a second to fill half of their places.
    @Test func line() throws {
        let graph = try matched((0..<9).map { [Float($0)] }, metric: .l2, m: 2, m0: 4)
        let wanted: [Set<UInt32>] = [
            [1, 2], [0, 2], [0, 1, 3], [2, 4], [3, 5], [4, 6], [5, 7, 8], [6, 8], [6, 7],
        ]
        #expect(graph.allNeighbors(level: 0).map { Set($0) } == wanted)
    }

    @Test(arguments: [(2, 2), (3, 5), (4, 8), (16, 32)], Metric.allCases)
    func mutualAndWithinLimits(limits: (m: Int, m0: Int), metric: Metric) throws {
        let seed: UInt64 = 0x71
        var data = SeededVectors(seed: seed)
        let vectors = data.clustered(count: 120, dimension: 5, clusters: 4, spread: 0.3)
        for level in 0...1 {
            let graph = try matched(vectors, metric: metric, m: limits.m, m0: limits.m0, level: level)
            #expect(graph.linkProblems(level: level) == [], "seed \(seed), level \(level)")
            let other = try matched(vectors, metric: metric, m: limits.m, m0: limits.m0, level: level, threads: 3)
            #expect(graph.allNeighbors(level: level) == other.allNeighbors(level: level))
        }
    }

    /// One hub that everyone wishes for keeps no more than it can hold.
    @Test func star() throws {
        var data = SeededVectors(seed: 0x72)
        let rim = (0..<100).map { _ in
            let vector = data.vector(40)
            let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return vector.map { $0 / norm }
        }
        let graph = try matched([[Float](repeating: 0, count: 40)] + rim, metric: .l2, m: 4, m0: 8)
        #expect(graph.linkProblems(level: 0) == [])
        #expect(graph.degree(of: 0, level: 0) >= 4)
    }

    @Test func noWishesNoLinks() throws {
        let rows = try makeRows([[1], [2], [3]], metric: .l2)
        let graph = makeGraph(count: 3)
        let matching = LinkMatching(graph: graph, rows: rows, slots: [0, 1, 2], level: 0)
        #expect(link(matching))
        #expect(graph.allNeighbors(level: 0) == [[], [], []])
    }

    /// A second matching replaces the links of the first; a cancelled one leaves them.
    @Test func replacesOrLeaves() throws {
        let rows = try makeRows([[0], [1], [5], [6]], metric: .l2)
        let graph = makeGraph(count: 4)
        let first = LinkMatching(graph: graph, rows: rows, slots: [0, 1, 2, 3], level: 0)
        first.setWishes(of: 0, from: [Candidate(distance: 1, slot: 1)])
        #expect(link(first))
        #expect(graph.allNeighbors(level: 0) == [[1], [0], [], []])
        let second = LinkMatching(graph: graph, rows: rows, slots: [0, 1, 2, 3], level: 0)
        second.setWishes(of: 3, from: [Candidate(distance: 1, slot: 2)])
        #expect(!link(second, isCancelled: true))
        #expect(graph.allNeighbors(level: 0) == [[1], [0], [], []])
        #expect(link(second))
        #expect(graph.allNeighbors(level: 0) == [[], [], [3], [2]])
    }
}
