import Testing

@testable import VectorStore

/// Answers of ChromaDB 1.5.9 itself, a server on a loopback port, to filters over nine records.
///
/// Left out is where we mean to differ: it cuts 1.9 to 1 beside integers, tells the elements 2 and 2.0 of lists apart, and
/// takes `$and` and `$or` of nothing.
@Suite struct ChromaAnswersTests {
    private static let metadata: [[String: MetadataValue]] = [
        [
            "i": .integer(1), "f": .real(1), "s": .string("a"), "b": .bool(true),
            "li": .list([.integer(1), .integer(2)]), "ls": .list([.string("x"), .string("y")]),
            "lf": .list([.real(1.5)]), "lb": .list([.bool(true)]),
        ],
        [
            "i": .integer(2), "f": .real(2.5), "s": .string("B"), "b": .bool(false),
            "li": .list([.integer(2), .integer(3)]), "ls": .list([.string("z")]),
        ],
        ["i": .integer(3), "s": .string("c")], ["f": .real(3)], [:], ["i": .real(1)], ["i": .string("1")],
        ["i": .bool(true)], ["li": .integer(2)],
    ]

    static let answers: [(FilterExpression, String)] = [
        (["i": 1], "05"),
        (["i": 1.0], "05"),
        (["i": "1"], "6"),
        (["i": true], "7"),
        (["i": ["$eq": 1]], "05"),
        (["i": ["$ne": 1]], "1234678"),
        (["i": ["$ne": "1"]], "01234578"),
        (["s": ["$ne": "a"]], "12345678"),
        (["b": ["$ne": true]], "12345678"),
        (["nokey": ["$ne": 1]], "012345678"),
        (["i": ["$gt": 1]], "12"),
        (["i": ["$gt": 1.5]], "12"),
        (["i": ["$gte": 1]], "0125"),
        (["f": ["$lt": 3]], "01"),
        (["f": ["$lte": 2.5]], "01"),
        (["f": 1], "0"),
        (["s": ["$gt": 1]], ""),
        (["i": ["$in": [1, 2]]], "015"),
        (["i": ["$in": [1.0]]], "05"),
        (["i": ["$in": ["1"]]], "6"),
        (["i": ["$in": [true]]], "7"),
        (["i": ["$nin": [1]]], "1234678"),
        (["s": ["$nin": ["a"]]], "12345678"),
        (["f": ["$in": [2.5, 1]]], "01"),
        (["b": ["$in": [true, false]]], "01"),
        (["b": ["$nin": [true]]], "12345678"),
        (["li": 2], "8"),
        (["li": ["$contains": 2]], "01"),
        (["li": ["$not_contains": 2]], "2345678"),
        (["ls": ["$contains": "x"]], "0"),
        (["ls": ["$not_contains": "x"]], "12345678"),
        (["lf": ["$contains": 1.5]], "0"),
        (["lb": ["$contains": true]], "0"),
        (["s": ["$contains": "a"]], ""),
        (["nokey": ["$not_contains": 1]], "012345678"),
        (["li": ["$in": [2]]], "8"),
        (["li": ["$ne": 2]], "01234567"),
        (["li": ["$gt": 0]], "8"),
        (["$and": [["i": 1], ["b": true]]], "0"),
        (["$or": [["i": 2], ["s": "c"]]], "12"),
        (["$and": [["i": 1]]], "05"),
    ]

    @Test(arguments: answers)
    func metadataFilter(expression: FilterExpression, ids: String) throws {
        let filter = try Filter(expression)
        let matching = Self.metadata.indices.filter { filter.matches(Self.metadata[$0]) }
        #expect(matching.map(String.init).joined() == ids)
        var index = FieldIndex()
        for (slot, metadata) in Self.metadata.enumerated() { index.set(slot: UInt32(slot), metadata: metadata) }
        #expect(index.slots(matching: filter).map { String($0) }.joined() == ids)
    }

    private static let documents: [String?] = [
        "The Quick brown", "fox jumps 100%", "under_score \\back", "\u{c4}\u{d6}\u{dc} stra\u{df}e", "", nil,
        "The quick",
        "line1\nline2", "'quote\" *",
    ]

    static let documentAnswers: [(FilterExpression, String)] = [
        (["$contains": "quick"], "6"),
        (["$contains": "Quick"], "0"),
        (["$contains": "QUICK"], ""),
        (["$contains": "100%"], "1"),
        (["$contains": "%"], "1"),
        (["$contains": "r_s"], "2"),
        (["$contains": "_"], "2"),
        (["$contains": "\\back"], "2"),
        (["$contains": "ä"], ""),
        (["$contains": "Ä"], "3"),
        (["$contains": "ss"], ""),
        (["$contains": ""], "01234678"),
        (["$contains": "a"], "23"),
        (["$contains": "'"], "8"),
        (["$contains": "\""], "8"),
        (["$contains": "*"], "8"),
        (["$contains": "1\nl"], "7"),
        (["$not_contains": "quick"], "01234578"),
        (["$not_contains": ""], "5"),
        (["$not_contains": "zzz"], "012345678"),
        (["$regex": "quick"], "6"),
        (["$regex": "(?i)QUICK"], "06"),
        (["$regex": "^The"], "06"),
        (["$regex": "brown$"], "0"),
        (["$regex": "^line2"], ""),
        (["$regex": "(?m)^line2"], "7"),
        (["$regex": "line1.line2"], ""),
        (["$regex": "(?s)line1.line2"], "7"),
        (["$regex": "\\d+%"], "1"),
        (["$regex": "[[:upper:]]{3}"], ""),
        (["$regex": "\\p{Lu}{3}"], "3"),
        (["$regex": "\\bfox\\b"], "1"),
        (["$regex": "(qui)ck"], "6"),
        (["$regex": "a|b"], "023"),
        (["$regex": ".*"], "01234678"),
        (["$regex": ""], "01234678"),
        (["$regex": "(?P<n>qu)ick"], "6"),
        (["$regex": "a*?"], "01234678"),
        (["$not_regex": "quick"], "01234578"),
        (["$and": [["$contains": "The"], ["$contains": "brown"]]], "0"),
        (["$or": [["$contains": "fox"], ["$contains": "ÄÖ"]]], "13"),
    ]

    @Test(arguments: documentAnswers)
    func documentFilter(expression: FilterExpression, ids: String) throws {
        let filter = try DocumentFilter(expression)
        let matching = Self.documents.indices.filter { filter.matches(Self.documents[$0]) }
        #expect(matching.map(String.init).joined() == ids)
    }
}
