/// A row that is written and read back, to see whether the database still can.
public enum WriteProbe {
    public static let migrations = [
        Migration("write-probe-1") { transaction in
            try transaction.execute("CREATE TABLE write_probe (token TEXT NOT NULL)")
        }
    ]

    /// Whether a fresh value came back as it was written.
    public static func succeeds(on database: any Database) async throws -> Bool {
        let token = UUIDv7.make()
        let found = try await database.write { transaction in
            try transaction.execute("DELETE FROM write_probe")
            try transaction.execute("INSERT INTO write_probe (token) VALUES ($1)", [token])
            return try transaction.row("SELECT token FROM write_probe")?.text(0)
        }
        return found == token
    }
}
