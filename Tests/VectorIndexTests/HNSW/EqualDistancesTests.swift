import TestSupport
import Testing

@testable import VectorIndex

/// A node that the walk had gone on from ranked behind all others at the same distance, so that a full pool gave it up for
/// any newcomer: a walk of width 10 among 1,500 copies of one vector met 162 of them.
@Suite struct EqualDistancesTests {
    @Test(arguments: [10, 40])
    func walkAmongCopiesEnds(width: Int) throws {
        var data = SeededVectors(seed: 0xEA)
        let count: UInt32 = 1_500
        let rows = try makeRows(Array(repeating: [3, 4], count: Int(count)), metric: .l2)
        let graph = makeGraph(count: Int(count), m: 6, m0: 12)
        for _ in 0..<20_000 {
            let (a, b) = (UInt32.random(in: 0..<count, using: &data), UInt32.random(in: 0..<count, using: &data))
            if a != b, graph.hasRoom(a, level: 0), graph.hasRoom(b, level: 0), !graph.areLinked(a, b, level: 0) {
                graph.link(a, b, level: 0)
            }
        }
        let scratch = SearchScratch(
            shape: SearchScratch.Shape(dimension: 2, parameters: HNSWParameters(m: 6, m0: 12, codes: .none)))
        let searcher = HNSWSearcher(graph: graph, rows: rows, codes: nil)
        withExtendedLifetime(scratch) {
            searcher.walk(
                query: scratch.query.base, level: 0, from: [5], reach: WalkReach(width: width), filter: .none,
                beam: scratch.beam)
        }
        // The node that the walk began at ranks behind its copies once it is marked.
        #expect((width...width + 1).contains(scratch.beam.cost.expanded))
    }
}
