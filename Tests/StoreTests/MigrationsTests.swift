import Store
import Testing

struct MigrationsTests {
    private static let first = Migration("first") { try $0.execute("CREATE TABLE a (x INTEGER)") }
    private static let second = Migration("second") { try $0.execute("CREATE TABLE b (x INTEGER)") }

    @Test func eachIsAppliedOnceAlsoWhenListsAreJoinedInAnotherOrder() async throws {
        let scratch = try Scratch()
        let path = scratch.path("a.sqlite")
        let one = try SQLiteDatabase(path: path, migrations: [Self.first])
        try await one.write { _ = try $0.execute("INSERT INTO a (x) VALUES (1)") }
        #expect(try await one.schemaVersion() == 1)
        try await one.close()
        let two = try SQLiteDatabase(path: path, migrations: [Self.second, Self.first])
        #expect(try await two.schemaVersion() == 2)
        #expect(try await two.read { try $0.rows("SELECT x FROM a") } == [SQLRow([.integer(1)])])
        #expect(try await two.read { try $0.rows("SELECT x FROM b") } == [])
        try await two.close()
    }

    @Test func aFileOfANewerProgramIsRefusedAndNotTouched() async throws {
        let scratch = try Scratch()
        let path = scratch.path("a.sqlite")
        try await SQLiteDatabase(path: path, migrations: [Self.first, Self.second]).close()
        #expect(throws: StoreError.newerSchema(path: path, found: 2, known: 1)) {
            try SQLiteDatabase(path: path, migrations: [Self.first])
        }
        // A name we do not know counts, not only the number.
        #expect(throws: StoreError.newerSchema(path: path, found: 2, known: 3)) {
            try SQLiteDatabase(
                path: path,
                migrations: [Self.first, Migration("third") { _ in }, Migration("fourth") { _ in }])
        }
        let again = try SQLiteDatabase(path: path, migrations: [Self.first, Self.second])
        #expect(try await again.schemaVersion() == 2)
        try await again.close()
    }

    @Test func aFailingMigrationLeavesNothingAndThoseBeforeItStay() async throws {
        struct Refused: Error {}
        let scratch = try Scratch()
        let path = scratch.path("a.sqlite")
        let failing = Migration("second") { transaction in
            try transaction.execute("CREATE TABLE b (x INTEGER)")
            throw Refused()
        }
        #expect(throws: Refused.self) {
            try SQLiteDatabase(path: path, migrations: [Self.first, failing])
        }
        // The corrected migration finds the place free.
        let database = try SQLiteDatabase(path: path, migrations: [Self.first, Self.second])
        #expect(try await database.schemaVersion() == 2)
        try await database.close()
    }
}
