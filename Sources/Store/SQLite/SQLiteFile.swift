import Foundation
import GRDB

/// A SQLite file of somebody else's, to be read and not changed.
///
/// A file whose last writer was killed has its companions (`-journal`, `-wal`) rolled back or replayed in a copy. Thread rule:
/// any thread; calls follow one another. Blocking.
public final class SQLiteFile: Sendable {
    private let path: String
    private let queue: DatabaseQueue
    /// The folder of the copy; nil where the file itself is read.
    private let copyFolder: String?

    /// - Throws: ``StoreError``.
    public init(path: String) throws {
        self.path = path
        let files = FileManager.default
        let companions = ["-journal", "-wal"].filter { suffix in
            ((try? files.attributesOfItem(atPath: path + suffix)[.size] as? Int) ?? 0) > 0
        }
        var configuration = GRDB.Configuration()
        configuration.label = "propertypro.file"
        guard files.fileExists(atPath: path) else {
            throw StoreError.file(path: path, operation: "open", reason: "there is no such file")
        }
        do {
            if companions.isEmpty {
                configuration.readonly = true
                copyFolder = nil
                queue = try DatabaseQueue(path: path, configuration: configuration)
            } else {
                let folder = files.temporaryDirectory.path + "/propertypro-" + UUID().uuidString
                try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
                copyFolder = folder
                for suffix in [""] + companions {
                    try files.copyItem(atPath: path + suffix, toPath: folder + "/copy" + suffix)
                }
                queue = try DatabaseQueue(path: folder + "/copy", configuration: configuration)
            }
        } catch {
            throw SQLiteDatabase.translate(error, path: path)
        }
    }

    /// Runs `body` on one moment of the file.
    public func read<T>(_ body: (any ReadTransaction) throws -> T) throws -> T {
        do {
            return try queue.read { try body(SQLiteTransaction(connection: $0)) }
        } catch {
            throw SQLiteDatabase.translate(error, path: path)
        }
    }

    deinit {
        try? queue.close()
        if let copyFolder { try? FileManager.default.removeItem(atPath: copyFolder) }
    }
}
