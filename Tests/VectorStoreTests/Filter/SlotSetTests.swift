import TestSupport
import Testing

@testable import VectorStore

@Suite struct SlotSetTests {
    @Test(arguments: [0, 1, 63, 64, 65, 200])
    func operationsAreThoseOfSets(capacity: Int) {
        let seed: UInt64 = 11
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            func draw() -> Set<UInt32> {
                Set((0..<UInt32(capacity)).filter { _ in Bool.random(using: &random) })
            }
            func slotSet(_ slots: Set<UInt32>) -> SlotSet {
                var set = SlotSet(capacity: capacity)
                for slot in slots { set.insert(slot) }
                return set
            }
            let (a, b) = (draw(), draw())
            let (left, right) = (slotSet(a), slotSet(b))
            #expect(Array(left) == a.sorted(), "seed \(seed)")
            #expect(left.count == a.count)
            #expect(left.isEmpty == a.isEmpty)
            #expect(left.union(right) == slotSet(a.union(b)))
            #expect(left.intersection(right) == slotSet(a.intersection(b)))
            #expect(left.subtracting(right) == slotSet(a.subtracting(b)))
            #expect(left.complement(within: right) == slotSet(b.subtracting(a)))
            for slot in 0..<UInt32(capacity + 70) { #expect(left.contains(slot) == a.contains(slot)) }
        }
    }

    @Test func resizingDropsWhatLiesBeyond() {
        var set = SlotSet(capacity: 130)
        for slot: UInt32 in [0, 64, 69, 70, 129] { set.insert(slot) }
        set.resize(to: 70)
        #expect(Array(set) == [0, 64, 69])
        set.resize(to: 1000)
        #expect(Array(set) == [0, 64, 69])
        #expect(set.words.count == 16)
        set.insert(999)
        set.remove(0)
        set.remove(5000)
        #expect(Array(set) == [64, 69, 999])
    }
}
