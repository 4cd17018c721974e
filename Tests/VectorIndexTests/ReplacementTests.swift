import TestSupport
import Testing

@testable import VectorIndex

/// Ten rounds, each of which replaces a fifth of the vectors, with codes on: recall at equal width stays that of a fresh
/// index. 1,000 answers of 100 queries: the recall of an index varies by less than 0.005 from seed to seed.
@Suite struct ReplacementTests {
    enum Way: CaseIterable { case underTheSameKey, underNewKeys }

    @Test(arguments: zip(Way.allCases, [CodeScheme.fourBit, .oneBit]))
    func recallOutlivesReplacement(way: Way, codes: CodeScheme) throws {
        let seed: UInt64 = 0xC5
        var data = SeededVectors(seed: seed)
        let (count, fifth) = (1_030, 206)
        let vectors = data.clustered(count: count + 10 * fifth + 100, dimension: 24, clusters: 30, spread: 0.6)
        let queries = Array(vectors.suffix(100))
        let parameters = HNSWParameters(m: 8, m0: 16, efConstruction: 40, codes: codes)
        let worn = try bulkIndex(Array(vectors.prefix(count)), parameters: parameters)
        #expect(worn.codes != nil)
        var alive = Array(0..<count)
        var keys = (0..<UInt64(count)).map { $0 }
        for round in 0..<10 {
            let places = Array(0..<count).shuffled(using: &data).prefix(fifth)
            for (number, place) in places.enumerated() {
                alive[place] = count + round * fifth + number
                if way == .underNewKeys {
                    #expect(try worn.remove(key: keys[place]))
                    keys[place] = UInt64(alive[place])
                }
                try worn.add(vectors[alive[place]], key: keys[place])
            }
        }
        #expect(worn.checkInvariants() == [] && worn.staleRecords() == [])
        #expect(worn.graph.slotCount == count && worn.count == count)
        let fresh = try makeIndex(alive.map { vectors[$0] }, parameters: parameters)
        let ef = codes == .oneBit ? 60 : 30
        let recalls = (
            try worn.graphRecall(queries, k: 10, efSearch: ef), try fresh.graphRecall(queries, k: 10, efSearch: ef)
        )
        #expect(recalls.0 >= recalls.1 - 0.01, "seed \(seed), \(way) \(codes): \(recalls.0) worn, \(recalls.1) fresh")
        #expect(recalls.1 >= 0.9, "seed \(seed): \(recalls.1) fresh")
    }
}
