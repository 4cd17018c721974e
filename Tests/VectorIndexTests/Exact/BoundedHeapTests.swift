import TestSupport
import Testing

@testable import VectorIndex

@Suite struct BoundedHeapTests {
    @Test func agreesWithSorting() {
        let seed: UInt64 = 0x4EA9
        var generator = SeededGenerator(seed: seed)
        let heap = BoundedHeap()
        for limit in [1, 2, 3, 10, 64, 65, 300] {
            for range: ClosedRange<UInt64> in [0...1_000, 0...3, 0...UInt64.max] {
                let ranks = (0..<Int.random(in: 0...700, using: &generator)).map { _ in
                    UInt64.random(in: range, using: &generator)
                }
                heap.reset(limit: limit)
                for (number, rank) in ranks.enumerated() {
                    let kept = ranks.prefix(number).sorted().prefix(limit)
                    if number % 37 == 0 { #expect(heap.wants(rank) == (kept.count < limit || rank < kept[limit - 1])) }
                    heap.offer(rank)
                }
                #expect(heap.count == min(limit, ranks.count))
                #expect(heap.takeSorted() == Array(ranks.sorted().prefix(limit)), "seed \(seed), limit \(limit)")
                #expect(heap.count == 0)
            }
        }
    }

    /// Ascending and descending input are the two ends of what a heap has to do.
    @Test func sortedInput() {
        let heap = BoundedHeap()
        heap.reset(limit: 100)
        for rank in UInt64(0)..<500 { heap.offer(rank) }
        #expect(heap.takeSorted() == Array(0..<100))
        heap.reset(limit: 100)
        for rank in (UInt64(0)..<500).reversed() { heap.offer(rank) }
        #expect(heap.takeSorted() == Array(0..<100))
    }

    @Test func aLimitOfZeroKeepsNothing() {
        let heap = BoundedHeap()
        heap.reset(limit: 0)
        #expect(!heap.wants(0))
        heap.offer(0)
        #expect(heap.takeSorted() == [])
    }

    @Test func resettingForgets() {
        let heap = BoundedHeap()
        heap.reset(limit: 3)
        for rank in UInt64(1)...5 { heap.offer(rank) }
        heap.reset(limit: 2)
        heap.offer(9)
        #expect(heap.takeSorted() == [9])
    }
}
