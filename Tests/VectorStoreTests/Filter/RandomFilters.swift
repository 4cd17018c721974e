import TestSupport
import VectorStore

/// Records and filters with few fields and values, so that they meet: all types on every field.
enum RandomFilters {
    static let numbers: [MetadataValue] = [
        .integer(0), .integer(1), .integer(-1), .real(1), .real(0.5), .real(-0.0), .integer(1 << 53),
        .integer((1 << 53) + 1), .integer((1 << 53) - 1), .real(0x1p53), .real(0x1p53 + 2), .integer(.max),
        .integer(.min), .real(0x1p63), .real(-0x1p63), .real(1e300), .real(-2.5), .integer(-(1 << 53) - 1),
    ]
    private static let texts = [
        "", "a", "b", "é", "e\u{301}", "\u{1F600}", "1", "true", "a longer text of some length",
    ]
    private static let dates = [
        "2026-01-01", "2026-01-01T00:00:00Z", "2025-12-31T20:00-04:00", "2026-06-30 12:30", "1969-12-31T23:59:59.5Z",
        "2026-02-29",
    ]
    private static let names = ["p", "q", "r", "s"]

    private static func pick<Element>(_ items: [Element], _ random: inout SeededGenerator) -> Element {
        items[Int.random(in: 0..<items.count, using: &random)]
    }

    static func scalar(_ random: inout SeededGenerator) -> MetadataValue {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: .bool(Bool.random(using: &random))
        case 1, 2: pick(numbers, &random)
        case 3, 4: .integer(Int64.random(in: -20...20, using: &random))
        case 5: .real(Double(Int.random(in: -40...40, using: &random)) / 2)
        case 6, 7: .string(pick(texts, &random))
        case 8, 9: .string(pick(dates, &random))
        case 10: .string("2026-0\(Int.random(in: 1...9, using: &random))-1\(Int.random(in: 0...9, using: &random))")
        default: .string("text \(Int.random(in: 0..<500, using: &random))")
        }
    }

    private static func value(_ random: inout SeededGenerator) -> MetadataValue {
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1, 2:
            .list((0..<Int.random(in: 0..<5, using: &random)).map { _ in scalar(&random) })
        case 3 where Bool.random(using: &random): .real(.nan)
        default: scalar(&random)
        }
    }

    static func record(_ random: inout SeededGenerator) -> [String: MetadataValue] {
        var metadata: [String: MetadataValue] = [:]
        for name in names where Int.random(in: 0..<4, using: &random) != 0 { metadata[name] = value(&random) }
        return metadata
    }

    static func filter(_ random: inout SeededGenerator, depth: Int = 0) -> Filter {
        if depth < 3, Int.random(in: 0..<3, using: &random) == 0 {
            let parts = (0..<Int.random(in: 0..<4, using: &random)).map { _ in filter(&random, depth: depth + 1) }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: return .and(parts)
            case 1: return .or(parts)
            default: return .not(filter(&random, depth: depth + 1))
            }
        }
        let operands = (0..<Int.random(in: 0..<6, using: &random)).map { _ in value(&random) }
        let operand = value(&random)
        let condition: Filter.Condition =
            switch Int.random(in: 0..<12, using: &random) {
            case 0: .equal(operand)
            case 1: .notEqual(operand)
            case 2: .greater(operand)
            case 3: .greaterOrEqual(operand)
            case 4: .less(operand)
            case 5: .lessOrEqual(operand)
            case 6: .in(operands)
            case 7: .notIn(operands)
            case 8, 9: .contains(operand)
            case 10: .notContains(operand)
            default: .exists(Bool.random(using: &random))
            }
        return .field(pick(names + ["absent"], &random), condition)
    }
}
