import Store
import TestSupport
import Testing

struct UUIDv7Tests {
    @Test func followsTheLayout() {
        var generator = SeededGenerator(seed: 1)
        // The example time of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z.
        let id = UUIDv7().next(at: Timestamp(milliseconds: 0x017F_22E2_79B0), using: &generator)
        #expect(id.wholeMatch(of: /017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil, "\(id)")
    }

    @Test func textOrderIsTheOrderOfMaking() {
        for seed in UInt64(1)...20 {
            var generator = SeededGenerator(seed: seed)
            let ids = UUIDv7()
            var time: Int64 = 1_750_000_000_000
            var before = ""
            for _ in 0..<10_000 {
                // Mostly the same millisecond, sometimes the clock is turned back.
                let step = UInt64.random(in: 0..<1_000, using: &generator)
                time += step < 3 ? -50 : (step < 10 ? 1 : 0)
                let id = ids.next(at: Timestamp(milliseconds: time), using: &generator)
                guard id > before else {
                    Issue.record("\(id) after \(before), seed \(seed)")
                    return
                }
                before = id
            }
        }
    }

    @Test func timesOutsideTheRangeAreClamped() {
        var generator = SeededGenerator(seed: 2)
        let early = UUIDv7().next(at: Timestamp(milliseconds: .min), using: &generator)
        #expect(early.hasPrefix("00000000-0000-7"))
        let ids = UUIDv7()
        for _ in 0..<5_000 {
            let late = ids.next(at: Timestamp(milliseconds: .max), using: &generator)
            #expect(late.count == 36)
        }
    }
}
