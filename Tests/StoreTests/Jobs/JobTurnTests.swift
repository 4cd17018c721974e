import Testing

@testable import Store

struct JobTurnTests {
    private let now = Timestamp(milliseconds: 1_750_000_000_000)

    private func turn(_ id: String, _ priority: JobPriority, waitedMinutes: Int64, plus extra: Int64 = 0) -> JobTurn {
        let created = now.adding(milliseconds: -(waitedMinutes * 60_000 + extra))
        return JobTurn(id: id, priority: priority, createdAt: created, now: now)
    }

    @Test func priorityGoesFirst() {
        let turns = JobPriority.allCases.map { turn($0.rawValue, $0, waitedMinutes: 0) }.shuffled()
        #expect(turns.sorted(by: >).map(\.id) == ["urgent", "high", "normal", "low"])
    }

    @Test func ageDecidesAmongEquals() {
        #expect(turn("a", .high, waitedMinutes: 5) > turn("b", .high, waitedMinutes: 4))
        #expect(turn("a", .high, waitedMinutes: 5) > turn("b", .high, waitedMinutes: 5))
    }

    @Test func tenMinutesLiftByOnePriority() {
        #expect(turn("low", .low, waitedMinutes: 9, plus: 59_999) < turn("normal", .normal, waitedMinutes: 0))
        #expect(turn("low", .low, waitedMinutes: 10) > turn("normal", .normal, waitedMinutes: 0))
        #expect(turn("low", .low, waitedMinutes: 29) < turn("urgent", .urgent, waitedMinutes: 0))
        #expect(turn("low", .low, waitedMinutes: 30) > turn("urgent", .urgent, waitedMinutes: 0))
    }

    @Test func nobodyRisesAboveUrgent() {
        #expect(turn("low", .low, waitedMinutes: 600).level == 3)
        #expect(turn("urgent", .urgent, waitedMinutes: 600).level == 3)
    }

    @Test func aClockTurnedBackDoesNoHarm() {
        #expect(turn("future", .normal, waitedMinutes: -60).level == 1)
        let oldest = JobTurn(id: "x", priority: .low, createdAt: Timestamp(milliseconds: .min), now: now)
        #expect(oldest.level == 3)
    }
}
