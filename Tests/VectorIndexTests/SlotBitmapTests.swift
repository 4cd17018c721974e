import TestSupport
import Testing

@testable import VectorIndex

@Suite struct SlotBitmapTests {
    private func bitmap(_ slots: Set<UInt32>, slotCount: Int = 200) -> SlotBitmap {
        var bitmap = SlotBitmap(slotCount: slotCount, generation: 1)
        for slot in slots { bitmap.insert(slot) }
        return bitmap
    }

    private func members(_ bitmap: SlotBitmap) -> [UInt32] {
        var slots: [UInt32] = []
        bitmap.forEach { slots.append($0) }
        return slots
    }

    @Test func agreesWithSets() {
        let seed: UInt64 = 0xB17
        var generator = SeededVectors(seed: seed)
        for round in 0..<50 {
            let place: Comment = "seed \(seed), round \(round)"
            let a = Set((0..<60).map { _ in UInt32.random(in: 0..<200, using: &generator) })
            let b = Set((0..<60).map { _ in UInt32.random(in: 0..<200, using: &generator) })
            #expect(members(bitmap(a)) == a.sorted(), place)
            #expect((0..<UInt32(300)).allSatisfy { bitmap(a).contains($0) == a.contains($0) }, place)
            var both = bitmap(a), either = bitmap(a), rest = bitmap(a)
            both.formIntersection(bitmap(b))
            either.formUnion(bitmap(b))
            rest.subtract(bitmap(b))
            #expect(members(both) == a.intersection(b).sorted() && both.count == a.intersection(b).count, place)
            #expect(members(either) == a.union(b).sorted() && either.count == a.union(b).count, place)
            #expect(members(rest) == a.subtracting(b).sorted() && rest.count == a.subtracting(b).count, place)
        }
    }

    @Test func insertingTwiceCountsOnce() {
        var set = bitmap([])
        #expect(set.isEmpty)
        set.insert(63)
        set.insert(63)
        set.insert(64)
        #expect(set.count == 2 && members(set) == [63, 64])
    }
}
