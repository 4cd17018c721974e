import TestSupport
import Testing

@testable import VectorIndex

/// The graph against the full scan. `graphSearch` never falls back to scanning.
@Suite struct HNSWRecallTests {
    @Test(arguments: Metric.allCases)
    func clusteredVectors(metric: Metric) throws {
        let seed: UInt64 = 0xC1
        var data = SeededVectors(seed: seed)
        let vectors = data.clustered(count: 1_070, dimension: 48, clusters: 40, spread: 0.5)
        let index = try makeIndex(Array(vectors.prefix(1_030)), metric: metric)
        #expect(index.checkInvariants() == [])
        let queries = Array(vectors.suffix(40))
        let narrow = try index.graphRecall(queries, k: 10, efSearch: 10)
        let wide = try index.graphRecall(queries, k: 10, efSearch: 100)
        #expect(wide >= 0.98 && wide >= narrow, "seed \(seed), recall \(narrow) at ef 10, \(wide) at ef 100")
    }

    /// Dense clusters with nothing between them, and queries from there. A bulk build once made links within clusters only:
    /// a walk that came down in the wrong one did not get out, and recall stayed between 0.84 and 0.95.
    @Test func clustersThatLieApart() throws {
        let seed: UInt64 = 0xC0DE
        var data = SeededVectors(seed: seed)
        let vectors = data.clustered(count: 1_000, dimension: 8, clusters: 9, spread: 0.4)
        let queries = (0..<60).map { _ in data.vector(8) }
        for (name, index) in [
            ("bulk", try makeBulkIndex(vectors, metric: .l2)), ("one by one", try makeIndex(vectors, metric: .l2)),
        ] {
            let recall = try index.graphRecall(queries, k: 10, efSearch: 100)
            #expect(recall >= 0.98, "seed \(seed), \(name), recall \(recall)")
        }
    }

    /// Rows of one table that differ in few fields. An easy case: the differences have a simple structure.
    @Test func nearIdenticalRows() throws {
        let seed: UInt64 = 0xD0
        var data = SeededVectors(seed: seed)
        let vectors = data.tableRows(count: 1_200, dimension: 64, fields: 8, valuesPerField: 12)
        let index = try makeBulkIndex(vectors)
        let queries = stride(from: 0, to: 1_200, by: 20).map { vectors[$0] }
        let recall = try index.graphRecall(queries, k: 10, efSearch: index.parameters.efSearch)
        #expect(recall >= 0.98, "seed \(seed), recall \(recall)")
    }

    /// Noise in every direction around one point: the hard near-identical vectors, where most nodes are nobody's near
    /// neighbor, and one bit a component tells the least. The bounds are what the graph reaches.
    @Test(arguments: [(CodeScheme.none, 0.9), (.oneBit, 0.8)])
    func noiseAroundOnePoint(scheme: CodeScheme, bound: Double) throws {
        let seed: UInt64 = 0xD4
        var data = SeededVectors(seed: seed)
        let center = data.vector(384)
        let vectors = (0..<1_070).map { _ in center.map { $0 + data.normal() * 0.01 } }
        let index = try makeBulkIndex(
            Array(vectors.prefix(1_030)), metric: .l2, parameters: HNSWParameters(codes: scheme))
        let recall = try index.graphRecall(Array(vectors.suffix(40)), k: 10, efSearch: index.parameters.efSearch)
        #expect(recall >= bound, "seed \(seed), recall \(recall)")
    }

    /// Every such vector must still be found as its own nearest one.
    @Test func identicalButForNoise() throws {
        let seed: UInt64 = 0xD1
        var data = SeededVectors(seed: seed)
        let center = data.vector(128)
        let vectors = (0..<600).map { _ in center.map { $0 + data.normal() * 0.01 } }
        let index = try makeIndex(vectors, metric: .l2)
        let found = try vectors.enumerated().count { key, vector in
            try index.graphSearch(vector, k: 1, efSearch: 100).first?.key == UInt64(key)
        }
        #expect(found >= 592, "seed \(seed), \(found) of 600 found")
    }

    /// Copies of few vectors, far more than a node has links.
    @Test func manyCopies() throws {
        let seed: UInt64 = 0xD2
        var data = SeededVectors(seed: seed)
        let originals = (0..<4).map { _ in data.vector(16) }
        let index = try makeIndex((0..<1_200).map { originals[$0 % 4] })
        #expect(index.checkInvariants() == [])
        for (number, original) in originals.enumerated() {
            let found = try index.graphSearch(original, k: 100, efSearch: 100)
            #expect(found.count == 100)
            #expect(found.allSatisfy { Int($0.key) % 4 == number }, "seed \(seed), original \(number)")
        }
        // Level 0 is connected, so that a wide enough walk meets every copy.
        #expect(try Set(index.graphSearch(originals[0], k: 1_200, efSearch: 1_200).map(\.key)).count == 1_200)
    }

    /// Ten rounds, each of which replaces a fifth of the vectors by removing and adding.
    @Test func recallOutlivesReplacement() throws {
        let seed: UInt64 = 0xD3
        var data = SeededVectors(seed: seed)
        let count = 500
        let vectors = data.clustered(count: count * 3 + 100, dimension: 32, clusters: 20, spread: 0.6)
        let queries = Array(vectors.suffix(100))
        let worn = try makeIndex(Array(vectors.prefix(count)))
        var alive = Array(0..<count)
        for round in 0..<10 {
            for number in 0..<(count / 5) {
                let place = Int.random(in: 0..<alive.count, using: &data)
                #expect(try worn.remove(key: UInt64(alive[place])))
                alive[place] = count + round * count / 5 + number
                try worn.add(vectors[alive[place]], key: UInt64(alive[place]))
            }
        }
        #expect(worn.checkInvariants() == [])
        #expect(worn.graph.slotCount == count)
        let fresh = try makeIndex(alive.map { vectors[$0] })
        let before = try fresh.graphRecall(queries, k: 10, efSearch: 20)
        let after = try worn.graphRecall(queries, k: 10, efSearch: 20)
        #expect(after >= before - 0.01, "seed \(seed), recall \(before) fresh, \(after) worn")
    }
}
