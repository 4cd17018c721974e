import TestSupport
import Testing

@testable import VectorIndex

@Suite struct CandidateListsTests {
    @Test func emptyAtFirst() {
        let lists = CandidateLists(count: 3, limit: 4)
        #expect((0..<3).allSatisfy { lists[$0].isEmpty })
    }

    /// Slots that come again, with the same distance or another, stand once: with the smaller one.
    @Test(arguments: [1, 3])
    func mergeEqualsTheOracle(threads: Int) {
        let seed: UInt64 = 0x5A
        var data = SeededVectors(seed: seed)
        let (count, limit, perNode) = (1_100, 5, 7)
        let lists = CandidateLists(count: count, limit: limit)
        var wanted = Array(repeating: [UInt32: Candidate](), count: count)
        for round in 0..<3 {
            let found = AlignedBuffer<UInt64>(capacity: count * perNode)
            for place in 0..<(count * perNode) {
                let isHole = Int.random(in: 0..<3, using: &data) == 0
                let slot = UInt32.random(in: 0..<12, using: &data)
                let candidate = Candidate(distance: Float(slot) / 2 + Float.random(in: 0...1, using: &data), slot: slot)
                found[place] = isHole ? .max : candidate.rank
                if isHole { continue }
                let node = place / perNode
                wanted[node][slot] = min(wanted[node][slot] ?? candidate, candidate)
            }
            lists.merge(found, perNode: perNode, threads: threads)
            for node in 0..<count {
                let best = Array(wanted[node].values.sorted().prefix(limit))
                #expect(lists[node] == best, "seed \(seed), round \(round), node \(node)")
                wanted[node] = Dictionary(uniqueKeysWithValues: best.map { ($0.slot, $0) })
            }
        }
    }
}
