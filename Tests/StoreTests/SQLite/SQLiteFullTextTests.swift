import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct SQLiteFullTextTests {
    private static let index = TextIndex(
        name: "passages_text", table: "passages", rowIDColumn: "id", columns: ["text"], weights: [1])
    private let scratch: Scratch
    private let database: SQLiteDatabase

    init() throws {
        scratch = try Scratch()
        database = try SQLiteDatabase(
            path: scratch.path("a.sqlite"),
            migrations: [
                Migration("test-1") { transaction in
                    try transaction.execute("CREATE TABLE passages (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
                    try transaction.createTextIndex(Self.index)
                }
            ])
    }

    private func add(_ texts: [String]) async throws {
        try await database.write { transaction in
            for (offset, text) in texts.enumerated() {
                try transaction.execute("INSERT INTO passages (id, text) VALUES ($1, $2)", [offset + 1, text])
                try transaction.addText([text], rowID: Int64(offset + 1), index: Self.index)
            }
        }
    }

    /// Ids found, in order of their number.
    private func found(_ terms: String..., limit: Int = 10) async throws -> [Int64] {
        try await database.read { transaction in
            try transaction.searchText(anyOf: terms, index: Self.index, limit: limit).map(\.rowID).sorted()
        }
    }

    private func problems() async throws -> [String] {
        try await database.write { try $0.checkText(index: Self.index) }
    }

    @Test func wordsAreStemmedAndCaseIsIgnored() async throws {
        try await add(["Viewings of three APARTMENTS", "one apartment viewed", "a garage"])
        #expect(try await found("apartment") == [1, 2])
        #expect(try await found("viewing") == [1, 2])
        #expect(try await found("Apartments", "garages") == [1, 2, 3])
        #expect(try await found("garden") == [])
    }

    @Test func accentsAreIgnoredOnBothSides() async throws {
        try await add(["a café in Málaga", "the cafe next door", "Zürich"])
        #expect(try await found("cafe") == [1, 2])
        #expect(try await found("CAFÉ") == [1, 2])
        // The accent as a character of its own.
        #expect(try await found("zu\u{308}rich") == [3])
        #expect(try await found("malaga") == [1])
    }

    @Test func arabicWordsAreFoundWithAndWithoutVowelMarks() async throws {
        try await add(["شقة للبيع في دبي مارينا", "فيلا للإيجار في أبوظبي", "apartment for sale"])
        #expect(try await found("شقة") == [1])
        #expect(try await found("للإيجار") == [2])
        #expect(try await found("في") == [1, 2])
        #expect(try await found("مكتب") == [])
    }

    @Test func termsAreNeverSyntax() async throws {
        try await add(["alpha beta", "gamma", "say \"hello\" now", "NEAR the sea AND the park", "text column a-b c*"])
        #expect(try await found("alpha OR gamma") == [])
        #expect(try await found("alpha beta") == [1])
        #expect(try await found("\"hello\"") == [3])
        #expect(try await found("\"") == [])
        #expect(try await found("alp*") == [])
        #expect(try await found("NEAR(alpha beta)") == [])
        #expect(try await found("AND") == [4])
        #expect(try await found("text:alpha") == [])
        #expect(try await found("^alpha") == [1])
        #expect(try await found("-beta", "{gamma}") == [1, 2])
        #expect(try await found("al\0pha") == [1])
        #expect(try await found("\0", "", "*", "()") == [])
        #expect(try await found("'; DROP TABLE passages; --") == [])
        #expect(try await found("gamma") == [2])
    }

    @Test func termsMadeOfRandomBytesNeverFail() async throws {
        try await add(["alpha beta", "gamma delta"])
        for seed in UInt64(1)...200 {
            var generator = SeededGenerator(seed: seed)
            let alphabet = Array("ab\"'*()^-+:{}[]\\\0\n ORANDNEAR,.é漢🏡")
            let terms = (0..<4).map { _ in
                String(
                    (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                        alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                    })
            }
            let frequency = try await database.read { transaction in
                _ = try transaction.searchText(anyOf: terms, index: Self.index, limit: 3)
                return try terms.map { try transaction.textFrequency(of: $0, index: Self.index) }
            }
            #expect(frequency.allSatisfy { (0...2).contains($0) }, "seed \(seed), terms \(terms)")
        }
    }

    @Test func betterMatchesComeFirstWithPositiveScores() async throws {
        let filler = (0..<20).map { "filler number \($0) about nothing" }
        try await add(["pool pool pool", "a house with a garden and a very long text that also names a pool"] + filler)
        let hits = try await database.read {
            try $0.searchText(anyOf: ["pool"], index: Self.index, limit: 10)
        }
        #expect(hits.map(\.rowID) == [1, 2])
        #expect(hits.allSatisfy { $0.score > 0 })
        #expect(hits[0].score > hits[1].score)
        #expect(try await found("filler", limit: 3).count == 3)
        #expect(try await found("filler", limit: 0) == [])
        #expect(try await found("filler", limit: -1) == [])
    }

    @Test func scoresStayPositiveForWordsOfEveryRow() async throws {
        try await add((0..<10).map { "common word \($0)" })
        let hits = try await database.read {
            try $0.searchText(anyOf: ["common"], index: Self.index, limit: 20)
        }
        #expect(hits.count == 10)
        #expect(hits.allSatisfy { $0.score > 0 })
    }

    @Test func frequencyCountsRowsNotOccurrences() async throws {
        try await add(["pool pool", "pools", "garden"])
        let counts = try await database.read { transaction in
            try ["pool", "garden", "roof", ""].map { try transaction.textFrequency(of: $0, index: Self.index) }
        }
        #expect(counts == [2, 1, 0, 0])
    }

    @Test func removedRowsAreNotFoundAndTheCheckIsClean() async throws {
        try await add(["alpha beta", "alpha gamma"])
        try await database.write { transaction in
            try transaction.removeText(["alpha beta"], rowID: 1, index: Self.index)
            try transaction.execute("DELETE FROM passages WHERE id = 1")
        }
        #expect(try await found("alpha") == [2])
        #expect(try await problems() == [])
    }

    @Test func theCheckFindsATextThatWasChangedBehindTheIndex() async throws {
        try await add(["alpha beta", "gamma"])
        #expect(try await problems() == [])
        try await database.write { _ = try $0.execute("UPDATE passages SET text = 'delta' WHERE id = 2") }
        #expect(try await problems().count == 1)
    }

    @Test func theCheckFindsARowRemovedWithTheWrongText() async throws {
        try await add(["alpha beta", "gamma"])
        try await database.write { transaction in
            try transaction.removeText(["something else"], rowID: 1, index: Self.index)
            try transaction.execute("DELETE FROM passages WHERE id = 1")
        }
        #expect(try await problems().count == 1)
    }

    @Test func theCheckFindsARowMissingFromTheIndex() async throws {
        try await add(["alpha beta", "gamma"])
        try await database.write { try $0.removeText(["alpha beta"], rowID: 1, index: Self.index) }
        #expect(try await problems().count == 1)
    }

    @Test func indexAndTableRollBackTogether() async throws {
        struct Stop: Error {}
        try? await database.write { transaction in
            try transaction.execute("INSERT INTO passages (id, text) VALUES (1, 'alpha')")
            try transaction.addText(["alpha"], rowID: 1, index: Self.index)
            throw Stop()
        }
        #expect(try await found("alpha") == [])
        #expect(try await problems() == [])
    }

    @Test func columnsCountByTheirWeight() async throws {
        let index = TextIndex(
            name: "books_text", table: "books", rowIDColumn: "id", columns: ["title", "body"], weights: [10, 1])
        let rows = [["garden", "a pool"], ["pool", "a garden"], ["house", "a roof"], ["house", "a door"]]
        try await database.write { transaction in
            try transaction.execute("CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, body TEXT)")
            try transaction.createTextIndex(index)
            for (offset, row) in rows.enumerated() {
                try transaction.execute(
                    "INSERT INTO books (id, title, body) VALUES ($1, $2, $3)", [offset + 1, row[0], row[1]])
                try transaction.addText(row, rowID: Int64(offset + 1), index: index)
            }
        }
        let order = try await database.read { transaction in
            try ["pool", "garden"].map { term in
                try transaction.searchText(anyOf: [term], index: index, limit: 10).map(\.rowID)
            }
        }
        #expect(order == [[2, 1], [1, 2]])
        let problems = try await database.write { transaction in
            try transaction.removeText(rows[0], rowID: 1, index: index)
            try transaction.execute("DELETE FROM books WHERE id = 1")
            return try transaction.checkText(index: index)
        }
        #expect(problems == [])
    }
}
