import Testing

@testable import VectorStore

@Suite struct FilterTests {
    private func matches(_ value: MetadataValue?, _ condition: Filter.Condition) -> Bool {
        Filter.field("x", condition).matches(value.map { ["x": $0] } ?? ["other": .integer(1)])
    }

    @Test func aMissingFieldFailsAllButTheNegatives() {
        let one = MetadataValue.integer(1)
        let failing: [Filter.Condition] = [
            .equal(one), .greater(one), .greaterOrEqual(one), .less(one), .lessOrEqual(one), .in([one]),
            .contains(one), .exists(true),
        ]
        for condition in failing { #expect(!matches(nil, condition), "\(condition)") }
        let passing: [Filter.Condition] = [.notEqual(one), .notIn([one]), .notContains(one), .exists(false)]
        for condition in passing { #expect(matches(nil, condition), "\(condition)") }
    }

    @Test func valuesOfOtherTypesDiffer() {
        let values: [MetadataValue] = [.string("1"), .bool(true), .list([.integer(1)])]
        for value in values {
            #expect(!matches(value, .equal(.integer(1))), "\(value)")
            #expect(matches(value, .notEqual(.integer(1))), "\(value)")
            #expect(!matches(value, .in([.integer(1), .integer(2)])), "\(value)")
            #expect(matches(value, .notIn([.integer(1), .integer(2)])), "\(value)")
            #expect(!matches(value, .greater(.integer(0))), "\(value)")
            #expect(!matches(value, .lessOrEqual(.integer(9))), "\(value)")
        }
        #expect(!matches(.integer(1), .equal(.bool(true))))
        #expect(!matches(.integer(0), .equal(.bool(false))))
        #expect(!matches(.bool(true), .less(.bool(false))), "booleans have no order")
    }

    @Test func listsAreSeenByContainsAlone() {
        let list = MetadataValue.list([.string("pool"), .integer(2), .bool(true)])
        #expect(matches(list, .contains(.string("pool"))))
        #expect(matches(list, .contains(.real(2))))
        #expect(matches(list, .contains(.bool(true))))
        #expect(!matches(list, .contains(.integer(1))), "a boolean is no number")
        #expect(!matches(list, .contains(.string("poo"))), "no part of a string")
        #expect(matches(list, .notContains(.string("gym"))))
        #expect(!matches(.string("pool"), .contains(.string("pool"))), "a string alone is no list")
        #expect(matches(.string("pool"), .notContains(.string("pool"))))
        #expect(!matches(list, .equal(list)))
        #expect(matches(list, .notEqual(list)))
        #expect(matches(.list([]), .exists(true)))
        #expect(!matches(.list([.list([.integer(1)])]), .contains(.list([.integer(1)]))))
    }

    @Test func numbersAreComparedExactly() {
        let edge: Int64 = 1 << 53
        #expect(matches(.integer(1), .equal(.real(1))))
        #expect(matches(.real(1), .equal(.integer(1))))
        #expect(matches(.real(-0.0), .equal(.integer(0))))
        #expect(!matches(.integer(edge + 1), .equal(.real(0x1p53))), "rounding would make them equal")
        #expect(matches(.integer(edge + 1), .greater(.real(0x1p53))))
        #expect(matches(.real(0x1p53), .less(.integer(edge + 1))))
        #expect(!matches(.integer(.max), .equal(.real(0x1p63))))
        #expect(matches(.integer(.max), .less(.real(0x1p63))))
        #expect(matches(.integer(.min), .equal(.real(-0x1p63))))
        #expect(matches(.integer(.min), .greater(.real(-.infinity))))
        #expect(matches(.integer(1), .less(.real(1.9))), "ChromaDB cuts the operand to 1")
        #expect(matches(.integer(2), .less(.real(2.5))))
        #expect(!matches(.integer(1), .greaterOrEqual(.real(1.5))))
        #expect(matches(.integer(-1), .greater(.real(-1.5))))
    }

    @Test func notANumberEqualsNothing() {
        #expect(!matches(.real(.nan), .equal(.real(.nan))))
        #expect(matches(.real(.nan), .notEqual(.real(.nan))))
        #expect(!matches(.real(.nan), .less(.integer(1))))
        #expect(!matches(.integer(1), .greaterOrEqual(.real(.nan))))
        #expect(matches(.real(.nan), .exists(true)))
    }

    @Test func stringsAreComparedByTheirBytes() {
        #expect("é" == "e\u{301}", "Swift's own comparison would not do")
        #expect(!matches(.string("é"), .equal(.string("e\u{301}"))))
        #expect(matches(.string(""), .equal(.string(""))))
        #expect(!matches(.string("a"), .less(.string("b"))), "only dates have an order")
        #expect(!matches(.string("a"), .greater(.string("2026-01-01"))))
    }

    @Test func datesAreComparedAsInstants() {
        let noon = MetadataValue.string("2026-03-01T12:00:00Z")
        #expect(matches(noon, .greater(.string("2026-03-01"))))
        #expect(matches(noon, .less(.string("2026-03-02"))))
        #expect(matches(noon, .lessOrEqual(.string("2026-03-01T16:00+04:00"))))
        #expect(matches(noon, .greaterOrEqual(.string("2026-03-01 16:00:00.000+0400"))))
        #expect(!matches(noon, .greater(.string("2026-03-01T16:00+04:00"))))
        #expect(!matches(noon, .equal(.string("2026-03-01T12:00:00.0Z"))), "equality is of texts")
        #expect(!matches(noon, .greater(.integer(0))))
    }

    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31T23:59:59.999999Z", -1), ("2000-02-29", 951_782_400_000_000),
        ("2026-03-01T00:00:00.1234567", 1_772_323_200_123_456), ("1970-01-01T00:00-01", 3_600_000_000),
        ("0000-01-01", -62_167_219_200_000_000), ("9999-12-31t23:59:59z", 253_402_300_799_000_000),
        ("1970-01-01T05:30:00+05:30", 0),
    ])
    func instantOfADate(text: String, microseconds: Int64) {
        #expect(ISODate.microseconds(text) == microseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-3-01", "2026-13-01", "2026-02-29", "1900-02-29", "2026-04-31", "2026-01-00", "2026-01-01T",
        "2026-01-01T24:00", "2026-01-01T12", "2026-01-01T12:00:60", "2026-01-01T12:00:00.", "2026-01-01T12:00+",
        "2026-01-01Z", "2026-01-01 ", "2026-01-01T12:00+04:", "20260101", "२०२६-01-01", "2026-01-01T12:00:00Zulu",
        "2026-W01-1", "+2026-01-01",
    ])
    func noDate(text: String) {
        #expect(ISODate.microseconds(text) == nil)
    }

    @Test func connectivesOfNoneAndOfSome() {
        let yes = Filter.field("x", .exists(true))
        #expect(Filter.and([]).matches([:]))
        #expect(!Filter.or([]).matches([:]))
        #expect(Filter.and([.not(yes), .or([yes, .not(yes)])]).matches([:]))
        #expect(!Filter.not(.or([yes])).matches(["x": .integer(1)]))
    }
}
