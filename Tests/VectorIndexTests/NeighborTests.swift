import Testing

@testable import VectorIndex

@Suite struct NeighborTests {
    @Test func ranksOrderAsDistancesDo() {
        let distances: [Float] = [
            -.infinity, -.greatestFiniteMagnitude, -2, -1, -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude, 0.5, 1,
            .greatestFiniteMagnitude, .infinity,
        ]
        for (a, b) in zip(distances, distances.dropFirst()) {
            #expect(Candidate(distance: a, slot: .max) < Candidate(distance: b, slot: 0))
        }
        for distance in distances {
            let candidate = Candidate(distance: distance, slot: 7)
            #expect(candidate.distance == distance)
            #expect(candidate.slot == 7)
        }
    }

    @Test func equalDistancesOrderBySlot() {
        #expect(Candidate(distance: 1, slot: 3) < Candidate(distance: 1, slot: 4))
        #expect(Candidate(distance: -0.0, slot: 3) == Candidate(distance: 0.0, slot: 3))
    }
}
