import Testing

@testable import propertypro

@Suite struct FiguresTests {
    @Test func countsHaveSeparators() {
        #expect(
            [0, 7, 999, 1_000, 19_482, 1_234_567].map { Figures.count($0) }
                == ["0", "7", "999", "1,000", "19,482", "1,234,567"])
        #expect(Figures.count(999.5) == "1,000")
        #expect(Figures.count(-1_234.0) == "-1,234")
        #expect(Figures.count(-0.2) == "0")
        #expect(Figures.count(.infinity) == "–" && Figures.count(Double.nan) == "–")
    }

    @Test func timesHaveAFittingUnit() {
        #expect(Figures.seconds(2.5) == "2.50 s")
        #expect(Figures.seconds(0.0125) == "12.5 ms")
        #expect(Figures.seconds(0.000_043) == "43.0 µs")
    }
}
