import Foundation
import GRDB

/// The embedded engine: one SQLite file in WAL mode, through GRDB.
///
/// One connection does all writes and all checkpoints (SQLite before 3.51.3 can corrupt a WAL that two
/// connections reset at once); readers are read-only connections. `synchronous=FULL`: a committed write
/// has reached the disk.
public final class SQLiteDatabase: Database {
    public let engineName = "sqlite"
    private let path: String
    private let pool: DatabasePool
    private static let readerCount = 4
    static let busyTimeoutSeconds = 5.0
    /// Pages in the log before the writer folds them into the file: 4,000 pages of 4 KiB are 16 MB.
    private static let checkpointPages = 4_000

    /// Opens or creates the file and applies the pending migrations. Blocking.
    ///
    /// The caller holds the folder's ``DataFolderLock``, so no other process writes beside us.
    /// - Throws: ``StoreError``.
    public init(path: String, migrations: [Migration], now: Date = Date()) throws {
        self.path = path
        do {
            var configuration = GRDB.Configuration()
            configuration.label = "propertypro.database"
            configuration.maximumReaderCount = Self.readerCount
            configuration.busyMode = .timeout(Self.busyTimeoutSeconds)
            configuration.prepareDatabase { connection in
                try connection.execute(sql: "PRAGMA temp_store = MEMORY")
                guard !connection.configuration.readonly else { return }
                // What is deleted is overwritten, and a file that is made now can give unused pages back one by one.
                try connection.execute(sql: "PRAGMA secure_delete = ON")
                try connection.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            }
            pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB sets synchronous=NORMAL when it turns WAL on, so this comes after.
            try pool.writeWithoutTransaction { connection in
                try connection.execute(sql: "PRAGMA synchronous = FULL")
                try connection.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.checkpointPages)")
                let transaction = SQLiteTransaction(connection: connection)
                var pending: [Migration] = []
                try connection.inTransaction(.immediate) {
                    pending = try Migrator.pending(migrations, path: path, in: transaction)
                    return .commit
                }
                for migration in pending {
                    try connection.inTransaction(.immediate) {
                        try Migrator.apply(migration, timestamp: now.ISO8601Format(), in: transaction)
                        return .commit
                    }
                }
            }
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    public func read<T: Sendable>(
        _ body: @escaping @Sendable (any ReadTransaction) throws -> T
    ) async throws -> T {
        do {
            return try await pool.read { try body(SQLiteTransaction(connection: $0)) }
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    public func write<T: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws -> T
    ) async throws -> T {
        do {
            return try await pool.write { try body(SQLiteTransaction(connection: $0)) }
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    /// Runs `body` on the writing connection, outside a transaction.
    func withWriter<T: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> T) async throws -> T {
        do {
            return try await pool.writeWithoutTransaction { try body($0) }
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    public func schemaVersion() async throws -> Int {
        try await read { try Migrator.version(in: $0) }
    }

    public func checkIntegrity() async throws -> [String] {
        try await read { transaction in
            // Where the damage keeps a check from running, that is what the check found.
            func check(_ sql: String, _ describe: (SQLRow) throws -> String) throws -> [String] {
                do {
                    return try transaction.rows(sql).map(describe)
                } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
                    return ["\(sql) stopped: \(error.message ?? "damaged")"]
                }
            }
            let found = try check("PRAGMA integrity_check") { try $0.text(0) }
            let orphans = try check("PRAGMA foreign_key_check") {
                "row \(try $0.optionalInt(1) ?? 0) of \(try $0.text(0)) points to a missing row of \(try $0.text(2))"
            }
            return found.filter { $0 != "ok" } + orphans
        }
    }

    public func close() async throws {
        do {
            _ = try await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try pool.close()
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    /// Only errors of the engine are translated; what a closure threw itself passes through.
    static func translate(_ error: any Error, path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        let detail = error.message ?? "code \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_CONSTRAINT: return StoreError.constraint(detail: detail)
        case .SQLITE_FULL: return StoreError.full(path: path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return StoreError.damaged(path: path, detail: detail)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_IOERR:
            return StoreError.file(path: path, operation: "use the database", reason: detail)
        default: return StoreError.engine(detail: detail)
        }
    }
}
