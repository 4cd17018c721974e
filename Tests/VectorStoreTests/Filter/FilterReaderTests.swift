import Testing

@testable import VectorStore

@Suite struct FilterReaderTests {
    @Test func equalityNeedsNoOperator() throws {
        #expect(try Filter(["city": "Porto"]) == .field("city", .equal(.string("Porto"))))
        #expect(try Filter(["rooms": 3]) == .field("rooms", .equal(.integer(3))))
        #expect(try Filter(["ratio": 0.5]) == .field("ratio", .equal(.real(0.5))))
        #expect(try Filter(["sold": true]) == .field("sold", .equal(.bool(true))))
    }

    @Test func everyOperatorIsRead() throws {
        let operators: [(String, FilterExpression, Filter.Condition)] = [
            ("$eq", 1, .equal(.integer(1))), ("$ne", "a", .notEqual(.string("a"))),
            ("$gt", 1.5, .greater(.real(1.5))), ("$gte", 1, .greaterOrEqual(.integer(1))),
            ("$lt", "2026-01-01", .less(.string("2026-01-01"))), ("$lte", 1, .lessOrEqual(.integer(1))),
            ("$in", ["a", "b"], .in([.string("a"), .string("b")])),
            ("$nin", [1, 2.5], .notIn([.integer(1), .real(2.5)])), ("$contains", true, .contains(.bool(true))),
            ("$not_contains", "a", .notContains(.string("a"))), ("$exists", false, .exists(false)),
        ]
        for (name, operand, condition) in operators {
            let expression = FilterExpression.object([.init(name: "x", value: [name: operand])])
            #expect(try Filter(expression) == .field("x", condition), "\(name)")
        }
    }

    @Test func severalMembersMustAllHold() throws {
        let filter = try Filter(["city": "Porto", "price": ["$gte": 1, "$lt": 5], "$not": ["sold": true]])
        #expect(
            filter
                == .and([
                    .field("city", .equal(.string("Porto"))),
                    .and([.field("price", .greaterOrEqual(.integer(1))), .field("price", .less(.integer(5)))]),
                    .not(.field("sold", .equal(.bool(true)))),
                ]))
        let nested = try Filter(["$or": [["a": 1], ["$and": [["b": 2], ["c": 3]]]]])
        #expect(nested.matches(["b": .integer(2), "c": .integer(3)]))
        #expect(!nested.matches(["b": .integer(2)]))
    }

    static let refusals: [(FilterExpression, String)] = [
        (1, ""), ([], ""), (nil, ""), ([:], ""), (["x": nil], "x"), (["x": [1]], "x"), (["x": [:]], "x"),
        (["$and": []], "$and"), (["$or": []], "$or"), (["$and": ["a": 1]], "$and"), (["$and": [1]], "$and[0]"),
        (["$or": [["a": 1], ["b": ["$gt": true]]]], "$or[1].b.$gt"), (["$not": [["a": 1]]], "$not"),
        (["x": ["$gt": "cheap"]], "x.$gt"), (["x": ["$lt": [1]]], "x.$lt"), (["x": ["$eq": [1]]], "x.$eq"),
        (["x": ["$ne": nil]], "x.$ne"), (["x": ["$in": []]], "x.$in"), (["x": ["$in": 1]], "x.$in"),
        (["x": ["$in": [1, "a"]]], "x.$in[1]"), (["x": ["$nin": [true, 1]]], "x.$nin[1]"),
        (["x": ["$in": [["a"]]]], "x.$in[0]"), (["x": ["$contains": ["a"]]], "x.$contains"),
        (["x": ["$exists": 1]], "x.$exists"), (["x": ["$regex": "a"]], "x.$regex"), (["x": ["y": 1]], "x.y"),
        (["$contains": "a"], "$contains"), (["#document": ["$contains": "a"]], "#document"),
        (["x": .number(.nan)], "x"), (["x": ["$gt": .number(.infinity)]], "x.$gt"),
    ]

    @Test(arguments: refusals)
    func whatIsNoFilterIsRefusedWithItsPlace(expression: FilterExpression, path: String) {
        let error = #expect(throws: FilterError.self) { try Filter(expression) }
        #expect(error?.path == path, "\(String(describing: error))")
        #expect(error?.expected.isEmpty == false && error?.found.isEmpty == false)
    }

    @Test func theErrorSaysWhatIsNeeded() {
        let error = FilterError(path: "price.$gt", expected: "a number", found: "a list")
        #expect(error.description == "The filter needs a number at price.$gt, found a list.")
    }

    @Test func ceilingsHold() throws {
        func nested(_ depth: Int) -> FilterExpression {
            (1..<depth).reduce(["x": 1]) { inner, _ in ["$and": [inner]] }
        }
        _ = try Filter(nested(64))
        #expect(throws: FilterError.self) { try Filter(nested(65)) }
        #expect(throws: FilterError.self) { try Filter(nested(500)) }

        func wide(_ count: Int) -> FilterExpression { ["$or": .array(Array(repeating: ["x": 1], count: count))] }
        _ = try Filter(wide(10_000))
        #expect(throws: FilterError.self) { try Filter(wide(10_001)) }
        let pairs = FilterExpression.array(Array(repeating: ["x": ["$gt": 1, "$lt": 2]], count: 5001))
        #expect(throws: FilterError.self) { try Filter(["$and": pairs]) }

        var limits = FilterLimits()
        limits.listLength = 3
        _ = try Filter(["x": ["$in": [1, 2, 3]]], limits: limits)
        #expect(throws: FilterError.self) { try Filter(["x": ["$in": [1, 2, 3, 4]]], limits: limits) }
    }
}
