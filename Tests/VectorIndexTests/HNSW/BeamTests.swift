import TestSupport
import Testing

@testable import VectorIndex

@Suite struct BeamTests {
    private func makeBeam(width: Int) -> Beam {
        let beam = Beam(shape: SearchScratch.Shape(dimension: 8, parameters: .init()))
        beam.begin(WalkReach(width: width), slotCount: 10)
        return beam
    }

    /// Offers and takes in random order against a sorted array: the pool always holds the best offered, and `takeNearest`
    /// gives the best of them that was not taken.
    @Test(arguments: [1, 2, 7, 64, 300])
    func agreesWithASortedArray(width: Int) {
        let seed = UInt64(width)
        var generator = SeededGenerator(seed: seed)
        let beam = makeBeam(width: width)
        for round in 0..<5 {
            beam.begin(WalkReach(width: width), slotCount: 10)
            var truth: [(candidate: Candidate, isTaken: Bool)] = []
            for slot in 0..<UInt32(600) {
                let place: Comment = "seed \(seed), round \(round), slot \(slot)"
                // All distances differ: among equal ones the choice is free (see below).
                let distance = Float(slot) / 1_000 + Float(Int.random(in: -50...50, using: &generator))
                beam.offer(distance, slot)
                truth.append((Candidate(distance: distance, slot: slot), false))
                truth.sort { $0.candidate < $1.candidate }
                truth = Array(truth.prefix(width))
                if Int.random(in: 0..<3, using: &generator) == 0 {
                    let expected = truth.firstIndex { !$0.isTaken }
                    #expect(beam.takeNearest() == expected.map { truth[$0].candidate.slot }, place)
                    if let expected { truth[expected].isTaken = true }
                }
                if slot % 20 == 0 { #expect(beam.sortedResults() == truth.map(\.candidate), place) }
            }
            var rest: [UInt32] = []
            while let slot = beam.takeNearest() { rest.append(slot) }
            #expect(rest == truth.filter { !$0.isTaken }.map(\.candidate.slot), "seed \(seed), round \(round)")
        }
    }

    /// Equally distant nodes once pushed marked ones out of a full pool, one after the other, so that a walk among copies of
    /// one vector could go on past its width.
    @Test func equalDistancesDoNotPushOneAnotherOut() {
        let beam = makeBeam(width: 10)
        for slot in 0..<UInt32(10) { beam.offer(1, slot) }
        for _ in 0..<10 { #expect(beam.takeNearest() != nil) }
        for slot in UInt32(10)..<500 { beam.offer(1, slot) }
        #expect(beam.takeNearest() == nil)
        // What is nearer still enters.
        beam.offer(0.5, 600)
        #expect(beam.takeNearest() == 600)
        #expect(beam.takeNearest() == nil)
    }

    /// With equal distances any choice is right, but each node is taken once and the pool holds the nearest distances.
    @Test func manyEqualDistances() {
        let seed: UInt64 = 0xBEA2
        var generator = SeededGenerator(seed: seed)
        let beam = makeBeam(width: 40)
        for round in 0..<20 {
            beam.begin(WalkReach(width: 40), slotCount: 10)
            var taken: [UInt32] = [], offered: [Float] = []
            for slot in 0..<UInt32(200) {
                let distance = Float(Int.random(in: 0..<4, using: &generator))
                offered.append(distance)
                beam.offer(distance, slot)
                if slot % 5 == 0, let slot = beam.takeNearest() { taken.append(slot) }
            }
            while let slot = beam.takeNearest() { taken.append(slot) }
            #expect(Set(taken).count == taken.count, "seed \(seed), round \(round)")
            let held = beam.sortedResults().map(\.distance)
            #expect(held == Array(offered.sorted().prefix(40)), "seed \(seed), round \(round)")
        }
    }

    @Test func beginningAnewForgets() {
        let beam = makeBeam(width: 3)
        beam.offer(1, 1)
        beam.visited.base[1] = beam.visited.epoch
        beam.begin(WalkReach(width: 900), slotCount: 2_000)
        #expect(beam.takeNearest() == nil && beam.sortedResults().isEmpty && beam.cost == SearchCost())
        for slot in 0..<UInt32(1_000) { beam.offer(Float(slot), slot) }
        #expect(beam.count == 900)
        #expect((0..<2_000).allSatisfy { beam.visited.base[$0] != beam.visited.epoch })
    }
}
