import Testing

@testable import propertypro

@Suite struct TruthTests {
    @Test func recallIsTheShareOfTheTrueNeighborsFound() {
        let truth = Truth(keys: [1, 2, 3, 4, 5, 6], width: 3)
        #expect(truth.queryCount == 2)
        #expect(truth.recall(ofKeys: [[1, 2, 3], [4, 5, 6]], k: 3) == 1)
        #expect(truth.recall(ofKeys: [[3, 1, 2], [6, 9, 8]], k: 3) == 4.0 / 6)
        #expect(truth.recall(ofKeys: [[1, 2], [5, 4]], k: 2) == 1)
        #expect(truth.recall(ofKeys: [[3, 2], [4, 5]], k: 2) == 3.0 / 4)
        #expect(truth.recall(ofKeys: [[], []], k: 3) == 0)
        // A key that is answered twice is one hit; what stands after k answers is none.
        #expect(truth.recall(ofKeys: [[1, 1, 1, 2], [4]], k: 3) == 2.0 / 6)
    }

    @Test func fewerTrueNeighborsThanAskedForAreAllThatCounts() {
        let truth = Truth(rows: [[1], []])
        #expect(truth.recall(ofKeys: [[1], [7]], k: 10) == 1)
        #expect(Truth(rows: [[]]).recall(ofKeys: [[7]], k: 10) == 1)
    }
}
