import Testing

@testable import VectorStore

@Suite struct DocumentFilterTests {
    private static let text = "Palm Villa: 4 rooms, 100% sea_view, \u{e9}tage 2\nPool."

    @Test(arguments: [
        ("Villa", true), ("villa", false), ("", true), ("a", true), ("100%", true), ("sea_view", true),
        ("sea.view", false),
        ("%", true), ("\n", true), ("\u{e9}tage", true), ("e\u{301}tage", false), ("Pool.", true), ("Pool.x", false),
    ])
    func containsGoesByBytes(part: String, isPart: Bool) {
        #expect(DocumentFilter.contains(part).matches(Self.text) == isPart)
        #expect(DocumentFilter.notContains(part).matches(Self.text) == !isPart)
    }

    @Test func aRecordWithoutTextFailsThePositives() throws {
        let pattern = try TextPattern("")
        #expect(!DocumentFilter.contains("").matches(nil))
        #expect(DocumentFilter.notContains("").matches(nil))
        #expect(!DocumentFilter.regex(pattern).matches(nil))
        #expect(DocumentFilter.notRegex(pattern).matches(nil))
        #expect(DocumentFilter.contains("").matches(""))
        #expect(DocumentFilter.regex(pattern).matches(""))
    }

    @Test func formsOfChroma() throws {
        #expect(try DocumentFilter(["$contains": "Pool"]).matches(Self.text))
        #expect(try DocumentFilter(["$not_contains": "gym"]).matches(Self.text))
        #expect(try DocumentFilter(["$regex": "(?i)palm\\s+villa"]).matches(Self.text))
        #expect(try !DocumentFilter(["$not_regex": "\\d rooms"]).matches(Self.text))
        #expect(try DocumentFilter(["$and": [["$contains": "Palm"], ["$regex": "^P"]]]).matches(Self.text))
        #expect(try !DocumentFilter(["$or": [["$contains": "gym"], ["$regex": "^V"]]]).matches(Self.text))
        #expect(try !DocumentFilter(["$contains": "Palm", "$not_contains": "Pool"]).matches(Self.text))
        #expect(DocumentFilter.and([]).matches(nil))
        #expect(!DocumentFilter.or([]).matches(""))
    }

    static let refusals: [(FilterExpression, String)] = [
        ("pool", ""), ([:], ""), (["$contains": 1], "$contains"), (["$eq": "a"], "$eq"), (["$and": []], "$and"),
        (["$or": [["$contains": "a"], ["$regex": "("]]], "$or[1].$regex"), (["$contains": ["a"]], "$contains"),
        (["$not_regex": nil], "$not_regex"), (["$regex": .string(String(repeating: "a", count: 4097))], "$regex"),
    ]

    @Test(arguments: refusals)
    func whatIsNoFilterIsRefusedWithItsPlace(expression: FilterExpression, path: String) {
        let error = #expect(throws: FilterError.self) { try DocumentFilter(expression) }
        #expect(error?.path == path, "\(String(describing: error))")
    }
}
