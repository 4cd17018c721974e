import TestSupport
import Testing

@testable import VectorStore

@Suite struct FieldIndexTests {
    @Test func answersFollowTheRecords() {
        var index = FieldIndex()
        index.set(
            slot: 0, metadata: ["city": .string("Porto"), "price": .integer(10), "tags": .list([.string("new")])])
        index.set(slot: 2, metadata: ["city": .string("Faro"), "price": .real(2.5)])
        index.set(slot: 70, metadata: [:])
        func found(_ filter: Filter) -> [UInt32] { Array(index.slots(matching: filter)) }
        #expect(index.slotCount == 71)
        #expect(found(.field("city", .equal(.string("Porto")))) == [0])
        #expect(found(.field("city", .notEqual(.string("Porto")))) == [2, 70], "slot 1 was never used")
        #expect(found(.field("price", .less(.integer(11)))) == [0, 2])
        #expect(found(.field("tags", .contains(.string("new")))) == [0])
        #expect(found(.field("none", .notEqual(.integer(1)))) == [0, 2, 70])
        #expect(found(.field("none", .exists(true))) == [])
        #expect(found(.and([])) == [0, 2, 70])
        #expect(found(.or([])) == [])

        index.set(slot: 0, metadata: ["city": .integer(5)])
        #expect(found(.field("city", .equal(.string("Porto")))) == [])
        #expect(found(.field("city", .greaterOrEqual(.integer(5)))) == [0])
        #expect(found(.field("tags", .exists(true))) == [])
        index.remove(slot: 2)
        index.remove(slot: 2)
        index.remove(slot: 1000)
        #expect(found(.field("price", .exists(false))) == [0, 70])
        #expect(index.count(matching: .not(.field("city", .exists(true)))) == 1)
    }

    @Test func nothingIsLeftOfRecordsThatWent() {
        var random = SeededGenerator(seed: 5)
        var index = FieldIndex()
        for round in 0..<3 {
            for slot in 0..<500 as Range<UInt32> { index.set(slot: slot, metadata: RandomFilters.record(&random)) }
            #expect(index.memoryFootprint > 10_000)
            for slot in (0..<500 as Range<UInt32>).shuffled(using: &random) { index.remove(slot: slot) }
            #expect(index.memoryFootprint < 5000, "round \(round): \(index.memoryFootprint) bytes")
            #expect(index.live.isEmpty)
        }
    }

    /// Records come, change and go at random; between the steps every filter's answer is compared with the oracle's.
    @Test(arguments: [
        (seed: 1 as UInt64, slots: 40, steps: 60, changes: 20), (2, 700, 12, 400), (3, 6000, 4, 6000),
        (4, 200_000, 4, 300),
    ])
    func answersAreThoseOfTheOracle(seed: UInt64, slots: Int, steps: Int, changes: Int) {
        var random = SeededGenerator(seed: seed)
        var index = FieldIndex()
        var records: [UInt32: [String: MetadataValue]] = [:]
        var evaluations = 0
        for step in 0..<steps {
            for _ in 0..<changes {
                let slot = UInt32.random(in: 0..<UInt32(slots), using: &random)
                if UInt8.random(in: 0..<4, using: &random) == 0 {
                    index.remove(slot: slot)
                    records[slot] = nil
                } else {
                    let metadata = RandomFilters.record(&random)
                    index.set(slot: slot, metadata: metadata)
                    records[slot] = metadata
                }
            }
            if step % 3 == 2 { index.settle() }
            for _ in 0..<(slots > 1000 ? 8 : 40) {
                let filter = RandomFilters.filter(&random)
                let expected = records.filter { filter.matches($0.value) }.map(\.key).sorted()
                let found = index.slots(matching: filter)
                evaluations += records.count
                guard Array(found) == expected, found.count == expected.count else {
                    Issue.record("seed \(seed), step \(step): \(filter) finds \(found.count), not \(expected.count)")
                    return
                }
            }
        }
        #expect(Array(index.live) == records.keys.sorted(), "seed \(seed)")
        #expect(evaluations > 5000, "seed \(seed)")
    }

    /// Many values with few distinct ones: bitmaps, blocks of the ordered column, and both ends of every range.
    @Test func rangesOverManyRecords() {
        let seed: UInt64 = 9
        var random = SeededGenerator(seed: seed)
        let count = 9000
        var values = (0..<count).map { _ in Int64.random(in: 0..<300, using: &random) }
        var index = FieldIndex()
        for (slot, value) in values.enumerated() { index.set(slot: UInt32(slot), metadata: ["n": .integer(value)]) }
        for isSettled in [true, false] {
            if isSettled { index.settle() }
            for low in stride(from: -1 as Int64, through: 301, by: 17) {
                for high in stride(from: low, through: 302, by: 23) {
                    let filter = Filter.and([
                        .field("n", .greater(.real(Double(low) + 0.5))), .field("n", .lessOrEqual(.integer(high))),
                    ])
                    let expected = values.count { $0 > low && $0 <= high }
                    #expect(index.count(matching: filter) == expected, "seed \(seed): \(low)..\(high)")
                }
                let equal = index.slots(
                    matching: .field("n", .in([.integer(low), .real(Double(low) + 1), .real(0.5)])))
                #expect(equal.count == values.count { $0 == low || $0 == low + 1 }, "seed \(seed): \(low)")
                #expect(equal.allSatisfy { values[Int($0)] == low || values[Int($0)] == low + 1 })
            }
            for slot in stride(from: 0, to: count, by: 10) {
                values[slot] = Int64.random(in: 0..<300, using: &random)
                index.set(slot: UInt32(slot), metadata: ["n": .integer(values[slot])])
            }
        }
    }

    @Test func manyFieldsOfFewRecordsStaySmall() {
        var index = FieldIndex()
        for slot in 0..<20_000 as Range<UInt32> {
            index.set(
                slot: slot,
                metadata: ["field\(slot % 1000)": .integer(Int64(slot)), "name\(slot % 999)": .string("\(slot)")])
        }
        index.settle()
        #expect(index.memoryFootprint < 6_000_000, "\(index.memoryFootprint) bytes")
        #expect(index.count(matching: .field("field7", .less(.integer(10_000)))) == 10)
        #expect(Array(index.slots(matching: .field("name5", .equal(.string("1004"))))) == [1004])
    }

    @Test func keysOfNumbersKeepTheirOrder() throws {
        var numbers: [MetadataValue] = RandomFilters.numbers
        numbers += [
            .real(.infinity), .real(-.infinity), .integer(.max - 1), .integer(.min + 1), .real(.leastNonzeroMagnitude),
        ]
        for left in numbers {
            for right in numbers {
                let keys = try (#require(OrderedKey(number: left)), #require(OrderedKey(number: right)))
                #expect(left.order(to: right) == ValueOrder(keys.0, keys.1), "\(left) and \(right)")
            }
        }
        #expect(OrderedKey(number: .real(.nan)) == nil)
    }
}
