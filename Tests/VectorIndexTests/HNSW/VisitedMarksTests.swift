import Testing

@testable import VectorIndex

@Suite struct VisitedMarksTests {
    /// Marks are bytes: after 255 walks the numbers start again, and old marks must not come back.
    @Test func marksSurviveTheWrap() {
        let visited = VisitedMarks()
        visited.reset(slotCount: 4)
        let first = visited.epoch
        visited.base[2] = first
        var epochs = [first]
        for _ in 0..<600 {
            visited.reset(slotCount: 4)
            epochs.append(visited.epoch)
            #expect((0..<4).allSatisfy { visited.base[$0] != visited.epoch }, "epoch \(visited.epoch)")
            visited.base[3] = visited.epoch
        }
        #expect(epochs[255] == first)
        #expect(!epochs.contains(0))
    }

    /// New slots are unmarked, also right before and right after the wrap.
    @Test func growth() {
        let visited = VisitedMarks()
        for walk in 1...520 {
            visited.reset(slotCount: walk * 3)
            let marked = (0..<(walk * 3)).count { visited.base[$0] == visited.epoch }
            #expect(marked == 0, "walk \(walk)")
            for slot in 0..<(walk * 3) { visited.base[slot] = visited.epoch }
        }
    }
}
