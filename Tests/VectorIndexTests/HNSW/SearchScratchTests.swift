import TestSupport
import Testing

@testable import VectorIndex

@Suite struct SearchScratchTests {
    @Test func heapAgreesWithSorting() {
        let seed: UInt64 = 0x4EA9
        var generator = SeededVectors(seed: seed)
        let heap = CandidateHeap()
        for round in 0..<20 {
            let ranks = (0..<Int.random(in: 1...700, using: &generator)).map { _ in
                UInt64.random(in: 0...1_000, using: &generator)
            }
            for rank in ranks { heap.push(rank) }
            #expect(heap.count == ranks.count)
            let popped = (0..<ranks.count).map { _ in heap.pop() }
            #expect(popped == ranks.sorted(), "seed \(seed), round \(round)")
        }
    }

    @Test func resultsKeepTheBest() {
        let seed: UInt64 = 0x4EAA
        var generator = SeededVectors(seed: seed)
        let scratch = SearchScratch(stride: 16, degreeLimit: 32)
        for limit in [1, 2, 10, 300] {
            let candidates = (0..<250).map { Candidate(distance: generator.normal(), slot: UInt32($0)) }
            for candidate in candidates { scratch.offer(candidate, limit: limit) }
            #expect(scratch.takeResults() == Array(candidates.sorted().prefix(limit)), "seed \(seed), limit \(limit)")
            #expect(scratch.results.count == 0)
        }
    }

    /// Marks are 16-bit: after 65,535 searches the numbers start again, and old marks must not come back.
    @Test func visitedMarksSurviveTheWrap() {
        let visited = VisitedMarks()
        visited.reset(slotCount: 4)
        let first = visited.epoch
        visited.base[2] = first
        for _ in 0..<Int(UInt16.max) {
            visited.reset(slotCount: 4)
            if visited.base[2] == visited.epoch {
                Issue.record("slot 2 is marked in epoch \(visited.epoch)")
                break
            }
        }
        #expect(visited.epoch == first)
    }
}
