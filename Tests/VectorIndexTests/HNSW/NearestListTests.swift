import TestSupport
import Testing

@testable import VectorIndex

@Suite struct NearestListTests {
    @Test func keepsTheNearestInOrder() {
        var list = NearestList(limit: 3)
        for (slot, distance) in [5, 1, 4, -2, 3].enumerated() { list.offer(Float(distance), UInt32(slot)) }
        #expect(list.count == 3)
        #expect((0..<3).map { list.slot($0) } == [3, 1, 4])
        #expect(Candidate(rank: list.rank(0)).distance == -2)
        #expect(list.rank(3) == .max)
        list.reset()
        #expect(list.count == 0 && list.rank(0) == .max)
        list.offer(9, 8)
        #expect(list.count == 1 && list.slot(0) == 8 && list.rank(1) == .max)
    }

    @Test(arguments: [1, 2, 16])
    func equalsASort(limit: Int) {
        let seed = UInt64(limit)
        var data = SeededVectors(seed: seed)
        var list = NearestList(limit: limit)
        for round in 0..<50 {
            list.reset()
            // Few distances, so that many are equal.
            let offers = (0..<Int.random(in: 0...40, using: &data)).map {
                Candidate(distance: Float(Int.random(in: -3...3, using: &data)), slot: UInt32($0))
            }
            for offer in offers { list.offer(offer.rank) }
            let wanted = offers.sorted().prefix(limit).map(\.rank)
            #expect((0..<list.count).map { list.rank($0) } == Array(wanted), "seed \(seed), round \(round)")
        }
    }
}
