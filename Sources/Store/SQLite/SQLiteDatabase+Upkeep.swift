import Foundation
import GRDB

extension SQLiteDatabase {
    /// Pages given back in one turn, and pages of a full-text index merged.
    private static let pagesAtOnce = 256
    private static let mergedPages = 64
    /// Unused pages that are left alone, as a share and as a number.
    private static let unusedShare = 0.1
    private static let unusedPages = 64

    public func compact(texts: [TextIndex]) async throws {
        guard try await hasUnusedPages() else { return }
        for index in texts { try await merge(index) }
        while try await giveBackPages() { try Task.checkCancellation() }
        try await withWriter { _ = try $0.checkpoint(.passive) }
    }

    private func hasUnusedPages() async throws -> Bool {
        try await withWriter { connection in
            let unused = try Int.fetchOne(connection, sql: "PRAGMA freelist_count") ?? 0
            let all = try Int.fetchOne(connection, sql: "PRAGMA page_count") ?? 0
            return unused > max(Self.unusedPages, Int(Double(all) * Self.unusedShare))
        }
    }

    /// True as long as there is more to give back.
    private func giveBackPages() async throws -> Bool {
        guard try await hasUnusedPages() else { return false }
        return try await withWriter { connection in
            let before = try Int.fetchOne(connection, sql: "PRAGMA freelist_count") ?? 0
            try connection.execute(sql: "PRAGMA incremental_vacuum(\(Self.pagesAtOnce))")
            // A file that was made before pages could be given back has to be purged once for that.
            return try Int.fetchOne(connection, sql: "PRAGMA freelist_count") ?? 0 < before
        }
    }

    /// Merges the parts of a full-text index into one, in which removed rows have no entries, some pages at a time (SQLite's
    /// documentation of FTS5, "The 'merge' Command").
    private func merge(_ index: TextIndex) async throws {
        var pages = -Self.mergedPages
        while try await withWriter({ [pages] connection in
            let before = connection.totalChangesCount
            try connection.execute(
                sql: "INSERT INTO \(index.name) (\(index.name), rank) VALUES ('merge', ?)", arguments: [pages])
            return connection.totalChangesCount - before > 1
        }) {
            pages = Self.mergedPages
            try Task.checkCancellation()
        }
    }

    public func purge(texts: [TextIndex]) async throws {
        try await withWriter { connection in
            for index in texts {
                try connection.execute(sql: "INSERT INTO \(index.name) (\(index.name)) VALUES ('optimize')")
            }
            // A file that was made before learns to give pages back.
            try connection.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            // A copy of the whole file is made on the way; SQLite removes it.
            try connection.execute(sql: "PRAGMA temp_store = FILE")
            defer { try? connection.execute(sql: "PRAGMA temp_store = MEMORY") }
            try connection.execute(sql: "VACUUM")
            _ = try connection.checkpoint(.truncate)
        }
    }

    /// Writes the database file at `path` as it is at one moment to `target`, which must not be there; its owner may go on
    /// writing meanwhile. Blocking.
    /// - Throws: ``StoreError``; also when the copy is not sound.
    public static func copy(_ path: String, to target: String) throws {
        do {
            var configuration = GRDB.Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(busyTimeoutSeconds)
            let source = try DatabaseQueue(path: path, configuration: configuration)
            let copy = try DatabaseQueue(path: target)
            try source.backup(to: copy)
            // The copy is one file.
            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            let found = try copy.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
            try copy.close()
            try source.close()
            guard found == ["ok"] else {
                throw StoreError.damaged(path: path, detail: found.prefix(3).joined(separator: "; "))
            }
        } catch {
            throw translate(error, path: path)
        }
    }
}
