import Store
import Testing

struct TimestampTests {
    @Test func arithmeticStopsAtTheEnds() {
        let last = Timestamp(milliseconds: .max)
        let first = Timestamp(milliseconds: .min)
        #expect(last.adding(milliseconds: 1) == last)
        #expect(first.adding(milliseconds: -1) == first)
        #expect(last.milliseconds(since: first) == .max)
        #expect(first.milliseconds(since: last) == 0)
        #expect(Timestamp(milliseconds: 5).adding(milliseconds: -7).milliseconds == -2)
        #expect(Timestamp(milliseconds: 5).milliseconds(since: Timestamp(milliseconds: 2)) == 3)
    }

    @Test func nowIsPlausible() {
        let year2024: Int64 = 1_704_067_200_000
        #expect(Timestamp.now().milliseconds > year2024)
    }
}
