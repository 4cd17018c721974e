import Foundation
import Store
import Testing

@Suite(.timeLimit(.minutes(5)))
struct SQLiteDatabaseTests {
    private let scratch: Scratch
    private let database: SQLiteDatabase
    private static let migrations = [
        Migration("test-1") { transaction in
            try transaction.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE, size INTEGER)")
            try transaction.execute(
                """
                CREATE TABLE parts (
                    id INTEGER PRIMARY KEY,
                    item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
                    size INTEGER CHECK (size >= 0))
                """)
        }
    ]

    init() throws {
        scratch = try Scratch()
        database = try SQLiteDatabase(path: scratch.path("a.sqlite"), migrations: Self.migrations)
    }

    private func count(_ table: String = "items") async throws -> Int64? {
        try await database.read { try $0.row("SELECT count(*) FROM \(table)")?.int(0) }
    }

    // MARK: - Parameters and values

    @Test func parametersAreNumberedByTheirDigits() async throws {
        let row = try await database.read {
            try $0.row("SELECT $3, $1, $2, $1, $3 || $3", ["one", "two", "three"])
        }
        #expect(row?.values == ["three", "one", "two", "one", "threethree"].map(SQLValue.text))
    }

    @Test func elevenParametersAreNotMixedUp() async throws {
        let row = try await database.read {
            try $0.row("SELECT $11, $1, $10, $2", Array(1...11))
        }
        #expect(row?.values == [11, 1, 10, 2].map(SQLValue.integer))
    }

    @Test func aMissingParameterIsAnError() async throws {
        await #expect(throws: StoreError.self) {
            try await database.read { try $0.rows("SELECT $1, $2", ["only one"]) }
        }
    }

    @Test func valuesComeBackAsTheyWere() async throws {
        let values: [SQLValue] = [
            .null, .integer(.min), .integer(.max), .real(0.1), .real(-.greatestFiniteMagnitude), .text(""),
            .text("naïve 日本 🏡 \u{202E}العربية"), .text(String(repeating: "x", count: 100_000)), .blob([]),
            .blob([0, 1, 255]),
        ]
        for value in values {
            let row = try await database.read { try $0.row("SELECT $1", [value]) }
            #expect(row?.values == [value])
        }
    }

    /// Text with a NUL used to come back cut at it, without a word.
    @Test func textWithNULIsRefused() async throws {
        await #expect(throws: StoreError.constraint(detail: "parameter $2 is text with a NUL character")) {
            try await database.write {
                try $0.execute("INSERT INTO items (id, name) VALUES ($1, $2)", [1, "a\0b"])
            }
        }
        #expect(try await count() == 0)
    }

    /// A cached statement has one cursor; the inner loop used to end the outer one.
    @Test func theSameStatementMayRunInsideItself() async throws {
        try await database.write { transaction in
            for id in 1...3 { try transaction.execute("INSERT INTO items (id) VALUES ($1)", [id]) }
        }
        let pairs = try await database.read { transaction in
            var pairs: [[Int64]] = []
            let sql = "SELECT id FROM items ORDER BY id"
            try transaction.forEach(sql, []) { outer in
                try transaction.forEach(sql, []) { inner in
                    pairs.append([try outer.int(0), try inner.int(0)])
                }
            }
            return pairs
        }
        #expect(pairs == [[1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3], [3, 1], [3, 2], [3, 3]])
    }

    @Test func aThrowInsideALoopEndsItAndTheStatementWorksAgain() async throws {
        struct Enough: Error {}
        let database = database
        try await database.write { transaction in
            for id in 1...3 { try transaction.execute("INSERT INTO items (id) VALUES ($1)", [id]) }
            let sql = "SELECT id FROM items"
            #expect(throws: Enough.self) { try transaction.forEach(sql, []) { _ in throw Enough() } }
            #expect(try transaction.rows(sql).count == 3)
        }
    }

    /// Rows that triggers and cascades touched used to be counted too.
    @Test func executeCountsTheRowsOfItsOwnStatement() async throws {
        try await database.write { transaction in
            try transaction.execute("CREATE TABLE log (x INTEGER)")
            try transaction.execute(
                "CREATE TRIGGER note AFTER UPDATE ON items BEGIN INSERT INTO log VALUES (1); END")
            #expect(try transaction.execute("INSERT INTO items (id) VALUES (1), (2)") == 2)
            #expect(try transaction.execute("INSERT INTO parts (id, item) VALUES (1, 1), (2, 1), (3, 1)") == 3)
            #expect(try transaction.execute("UPDATE items SET size = 1 WHERE id = 1") == 1)
            #expect(try transaction.execute("UPDATE items SET size = 1 WHERE id = 9") == 0)
            #expect(try transaction.execute("DELETE FROM items WHERE id = 1") == 1)
            #expect(try transaction.execute("CREATE TABLE other (x INTEGER)") == 0)
            #expect(try transaction.rows("SELECT id FROM parts").isEmpty)
        }
    }

    // MARK: - Transactions

    @Test func aThrowRollsEverythingBackAndPassesThrough() async throws {
        struct Stop: Error, Equatable { let reason: Int }
        await #expect(throws: Stop(reason: 4)) {
            try await database.write { transaction in
                try transaction.execute("INSERT INTO items (id) VALUES (1)")
                try transaction.execute("CREATE TABLE short (x INTEGER)")
                throw Stop(reason: 4)
            }
        }
        #expect(try await count() == 0)
        #expect(try await database.read { try $0.rows("SELECT 1 FROM sqlite_master WHERE name = 'short'") } == [])
    }

    @Test func readersSeeTheStateBeforeAnOpenWrite() async throws {
        let inserted = Gate()
        let release = DispatchSemaphore(value: 0)
        let writer = Task { [database] in
            try await database.write { transaction in
                try transaction.execute("INSERT INTO items (id) VALUES (1)")
                inserted.open()
                release.wait()
            }
        }
        await inserted.wait()
        #expect(try await count() == 0)
        release.signal()
        try await writer.value
        #expect(try await count() == 1)
    }

    @Test func oneReadSeesOneSnapshot() async throws {
        let started = Gate()
        let committed = DispatchSemaphore(value: 0)
        let reader = Task { [database] in
            try await database.read { transaction in
                let before = try transaction.row("SELECT count(*) FROM items")?.int(0)
                started.open()
                committed.wait()
                return [before, try transaction.row("SELECT count(*) FROM items")?.int(0)]
            }
        }
        await started.wait()
        try await database.write { _ = try $0.execute("INSERT INTO items (id) VALUES (1)") }
        committed.signal()
        #expect(try await reader.value == [0, 0])
        #expect(try await count() == 1)
    }

    @Test func writesDoNotOverlap() async throws {
        try await database.write { _ = try $0.execute("INSERT INTO items (id, size) VALUES (1, 0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask { [database] in
                    try await database.write { transaction in
                        let size = try transaction.row("SELECT size FROM items WHERE id = 1")?.int(0) ?? -1
                        try transaction.execute("UPDATE items SET size = $1 WHERE id = 1", [size + 1])
                    }
                }
            }
            try await group.waitForAll()
        }
        let size = try await database.read { try $0.row("SELECT size FROM items WHERE id = 1")?.int(0) }
        #expect(size == 100)
    }

    @Test func aReadCannotWrite() async throws {
        await #expect(throws: StoreError.self) {
            try await database.read { try $0.rows("INSERT INTO items (id) VALUES (1) RETURNING id") }
        }
        #expect(try await count() == 0)
    }

    @Test func aCancelledTaskChangesNothing() async throws {
        let task = Task { [database] in
            withUnsafeCurrentTask { $0?.cancel() }
            try await database.write { _ = try $0.execute("INSERT INTO items (id) VALUES (1)") }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await count() == 0)
        try await database.write { _ = try $0.execute("INSERT INTO items (id) VALUES (1)") }
        #expect(try await count() == 1)
    }

    // MARK: - Durability

    @Test func theWriterIsFullySynchronousAndInWALMode() async throws {
        func pragma(_ name: String) async throws -> SQLValue? {
            try await database.write { try $0.row("PRAGMA \(name)")?[0] }
        }
        #expect(try await pragma("synchronous") == .integer(2))
        #expect(try await pragma("journal_mode") == .text("wal"))
        #expect(try await pragma("wal_autocheckpoint") == .integer(4_000))
        #expect(try await pragma("foreign_keys") == .integer(1))
        // Still so after a write that was rolled back and after one that committed.
        struct Stop: Error {}
        try? await database.write { _ in throw Stop() }
        try await database.write { _ = try $0.execute("INSERT INTO items (id) VALUES (1)") }
        #expect(try await pragma("synchronous") == .integer(2))
    }

    @Test func closingFoldsTheLogIntoTheFile() async throws {
        try await database.write { _ = try $0.execute("INSERT INTO items (id) VALUES (1)") }
        try await database.close()
        let log = try? FileManager.default.attributesOfItem(atPath: scratch.path("a.sqlite-wal"))[.size] as? Int
        #expect(log ?? 0 == 0)
        await #expect(throws: StoreError.self) { try await count() }
        let again = try SQLiteDatabase(path: scratch.path("a.sqlite"), migrations: Self.migrations)
        #expect(try await again.read { try $0.rows("SELECT id FROM items").count } == 1)
        try await again.close()
    }

    // MARK: - Errors

    @Test(arguments: [
        "INSERT INTO items (id, name) VALUES (2, 'taken')",
        "INSERT INTO items (id) VALUES (1)",
        "INSERT INTO parts (item) VALUES (99)",
        "INSERT INTO parts (item) VALUES (NULL)",
        "INSERT INTO parts (item, size) VALUES (1, -1)",
    ])
    func aBrokenRuleIsAConstraint(sql: String) async throws {
        try await database.write { _ = try $0.execute("INSERT INTO items (id, name) VALUES (1, 'taken')") }
        do {
            try await database.write { _ = try $0.execute(sql) }
            Issue.record("accepted: \(sql)")
        } catch StoreError.constraint(let detail) {
            #expect(!detail.isEmpty)
        }
    }

    @Test func aFullDiskIsNamedAndTheDatabaseStaysUsable() async throws {
        let path = scratch.path("a.sqlite")
        await #expect(throws: StoreError.full(path: path)) {
            try await database.write { transaction in
                let pages = try transaction.row("PRAGMA page_count")?.int(0) ?? 0
                _ = try transaction.rows("PRAGMA max_page_count = \(pages + 1)")
                try transaction.execute(
                    "INSERT INTO items (name) VALUES ($1)", [String(repeating: "x", count: 1_000_000)])
            }
        }
        try await database.write { transaction in
            _ = try transaction.rows("PRAGMA max_page_count = 1000000")
            try transaction.execute("INSERT INTO items (id) VALUES (1)")
        }
        #expect(try await count() == 1)
    }

    @Test func wrongSQLIsAnEngineError() async throws {
        do {
            try await database.write { _ = try $0.execute("INSERT INTO nowhere VALUES (1)") }
            Issue.record("accepted")
        } catch StoreError.engine(let detail) {
            #expect(detail.contains("nowhere"))
        }
    }

    @Test func aFileThatIsNoDatabaseIsDamaged() throws {
        let path = scratch.path("b.sqlite")
        try Data(repeating: 0x41, count: 8_192).write(to: URL(fileURLWithPath: path))
        #expect { try SQLiteDatabase(path: path, migrations: []) } throws: { error in
            guard case StoreError.damaged(path, _) = error else { return false }
            return true
        }
    }

    @Test func damageInsideTheFileIsFound() async throws {
        try await database.write { transaction in
            for id in 1...2_000 {
                try transaction.execute("INSERT INTO items (id, name) VALUES ($1, $2)", [id, "name \(id)"])
            }
        }
        #expect(try await database.checkIntegrity() == [])
        try await database.close()
        let path = scratch.path("a.sqlite")
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        for page in 4...12 {
            data.replaceSubrange(page * 4_096..<page * 4_096 + 64, with: Data(repeating: 0xEE, count: 64))
        }
        try data.write(to: URL(fileURLWithPath: path))
        let damaged = try SQLiteDatabase(path: path, migrations: Self.migrations)
        #expect(try await !damaged.checkIntegrity().isEmpty)
        do {
            _ = try await damaged.read { try $0.rows("SELECT id, name FROM items") }
            Issue.record("a damaged table was read")
        } catch StoreError.damaged(let found, _) {
            #expect(found == path)
        }
        try await damaged.close()
    }

    @Test func aRowThatPointsNowhereIsFound() async throws {
        let path = scratch.path("c.sqlite")
        // The rule is written over a row that already breaks it.
        let migrations = [
            Migration("broken") { transaction in
                try transaction.execute("CREATE TABLE parent (x INTEGER PRIMARY KEY)")
                try transaction.execute("CREATE TABLE child (x INTEGER)")
                try transaction.execute("INSERT INTO child VALUES (5)")
                try transaction.execute("PRAGMA writable_schema = ON")
                try transaction.execute(
                    "UPDATE sqlite_master SET sql = $1 WHERE name = 'child'",
                    ["CREATE TABLE child (x INTEGER REFERENCES parent (x))"])
            }
        ]
        try await SQLiteDatabase(path: path, migrations: migrations).close()
        let broken = try SQLiteDatabase(path: path, migrations: migrations)
        #expect(try await broken.checkIntegrity() == ["row 1 of child points to a missing row of parent"])
        try await broken.close()
    }

    @Test func aFolderThatDoesNotExistIsAFileError() throws {
        let path = scratch.path("missing/a.sqlite")
        #expect { try SQLiteDatabase(path: path, migrations: []) } throws: { error in
            guard case StoreError.file(path, _, _) = error else { return false }
            return true
        }
    }

    @Test func everyErrorSaysWhatToDo() {
        let errors: [StoreError] = [
            .locked(folder: "f", owner: "o"), .newerSchema(path: "p", found: 3, known: 2),
            .damaged(path: "p", detail: "d"), .constraint(detail: "d"), .full(path: "p"),
            .unexpectedColumn(index: 1, expected: "e", found: "f"), .file(path: "p", operation: "o", reason: "r"),
            .engine(detail: "d"),
        ]
        for error in errors {
            #expect(error.description.hasSuffix("."))
            #expect(!error.description.contains("StoreError"))
        }
    }
}
