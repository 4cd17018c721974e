import CRM
import Foundation
import Store

/// Copies of a data folder, made while it is in use, and folders made of copies.
///
/// ```
/// BACKUP/manifest.json        what is in it: every file with its size and SHA-256
///        propertypro.sqlite   the database as it was at one moment
///        files/               the original files that it refers to
///        secrets/             the key that signs access tokens
/// ```
///
/// The index is a cache and is built anew. A copy is written beside its place and gets its name when it is whole, on the disk
/// and checked: an interruption leaves nothing under that name. Blocking.
public struct InstallationBackup: Sendable {
    private static let database = "propertypro.sqlite"
    private static let manifest = "manifest.json"
    private static let partialSuffix = ".partial"

    struct Manifest: Codable, Equatable {
        struct File: Codable, Equatable {
            let path: String
            let bytes: Int
            let sha256: String
        }

        var madeAt: String
        var product: String
        var files: [File]
    }

    public struct Summary: Sendable, Encodable {
        public let files: Int
        public let bytes: Int
    }

    /// Told the files done and all files.
    private let show: @Sendable (_ done: Int, _ total: Int) -> Void

    public init(show: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }) {
        self.show = show
    }

    // MARK: Making

    /// Copies the data folder; a server may be running on it.
    /// - Throws: ``BackupError``, `StoreError`.
    public func make(of dataFolder: String, at target: String, now: Date = Date()) throws -> Summary {
        guard FileManager.default.fileExists(atPath: dataFolder + "/" + Self.database) else {
            throw BackupError.noData(path: dataFolder)
        }
        return try writing(target) { partial in
            // Files that a document of the snapshot refers to may come before it or go after it: two looks meet them all.
            try copyFiles(from: dataFolder, to: partial)
            try SQLiteDatabase.copy(dataFolder + "/" + Self.database, to: partial + "/" + Self.database)
            try copyFiles(from: dataFolder, to: partial)
            try checkReferences(partial)
            let manifest = Manifest(
                madeAt: now.ISO8601Format(), product: ProductVersion.current, files: try listing(of: partial))
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            try encoder.encode(manifest).write(to: URL(filePath: partial + "/" + Self.manifest))
            return Summary(files: manifest.files.count, bytes: manifest.files.reduce(0) { $0 + $1.bytes })
        }
    }

    /// Lets `body` fill a folder beside `target` and gives it that name.
    private func writing<T>(_ target: String, _ body: (String) throws -> T) throws -> T {
        let files = FileManager.default
        let present = (try? files.contentsOfDirectory(atPath: target)) ?? []
        guard present.isEmpty else { throw BackupError.taken(path: target) }
        let partial = target + Self.partialSuffix
        try? files.removeItem(atPath: partial)
        do {
            try files.createDirectory(
                atPath: partial, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let result = try body(partial)
            for path in try files.subpathsOfDirectory(atPath: partial) { try sync(partial + "/" + path) }
            try sync(partial)
            if files.fileExists(atPath: target) { try files.removeItem(atPath: target) }
            guard rename(partial, target) == 0 else { throw failure(target, "name") }
            try sync((target as NSString).deletingLastPathComponent)
            return result
        } catch {
            try? files.removeItem(atPath: partial)
            throw error
        }
    }

    private func copyFiles(from source: String, to target: String) throws {
        for folder in ["files", "secrets"] {
            let from = source + "/" + folder
            for path in (try? FileManager.default.subpathsOfDirectory(atPath: from)) ?? []
            where !path.hasPrefix("incoming") {
                try copy(from + "/" + path, to: "\(target)/\(folder)/\(path)")
            }
        }
    }

    private func copy(_ source: String, to target: String) throws {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        // What went away meanwhile is missed by the check if anything refers to it.
        guard files.fileExists(atPath: source, isDirectory: &isFolder), !files.fileExists(atPath: target) else {
            return
        }
        if isFolder.boolValue {
            try files.createDirectory(atPath: target, withIntermediateDirectories: true)
        } else {
            try files.createDirectory(
                atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            do { try files.copyItem(atPath: source, toPath: target) } catch CocoaError.fileReadNoSuchFile {}
        }
    }

    /// Every document's file is there and is what its name says.
    private func checkReferences(_ folder: String) throws {
        let hashes = try SQLiteFile(path: folder + "/" + Self.database).read { transaction in
            try transaction.rows("SELECT DISTINCT sha256 FROM documents").map { try $0.text(0) }
        }
        for (done, hash) in hashes.enumerated() {
            show(done, hashes.count)
            let path = "\(folder)/files/\(hash.prefix(2))/\(hash)"
            guard FileManager.default.fileExists(atPath: path) else { throw BackupError.missing(path: path) }
            guard try sha256(path) == hash else {
                throw BackupError.damaged(path: path, detail: "is not what its name says")
            }
        }
        show(hashes.count, hashes.count)
    }

    private func listing(of folder: String) throws -> [Manifest.File] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().compactMap { path in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder + "/" + path, isDirectory: &isFolder),
                !isFolder.boolValue, path != Self.manifest
            else { return nil }
            let bytes = try FileManager.default.attributesOfItem(atPath: folder + "/" + path)[.size] as? Int
            return Manifest.File(path: path, bytes: bytes ?? 0, sha256: try sha256(folder + "/" + path))
        }
    }

    // MARK: Restoring

    /// Makes a data folder of a backup. A folder with something in it is not touched.
    /// - Throws: ``BackupError``, `StoreError`.
    public func restore(_ backup: String, to dataFolder: String) throws -> Summary {
        let manifest = try check(backup)
        return try writing(dataFolder) { partial in
            for (done, file) in manifest.files.enumerated() {
                try copy(backup + "/" + file.path, to: partial + "/" + file.path)
                show(done + 1, manifest.files.count)
            }
            guard try listing(of: partial) == manifest.files else {
                throw BackupError.damaged(path: backup, detail: "changed while it was read")
            }
            return Summary(files: manifest.files.count, bytes: manifest.files.reduce(0) { $0 + $1.bytes })
        }
    }

    /// Proves that a backup is whole: every file of the manifest, and nothing of it otherwise than it was.
    @discardableResult
    func check(_ backup: String) throws -> Manifest {
        let path = backup + "/" + Self.manifest
        guard let data = FileManager.default.contents(atPath: path) else { throw BackupError.noBackup(path: backup) }
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: data) else {
            throw BackupError.damaged(path: path, detail: "is not a manifest")
        }
        let found = try listing(of: backup)
        for file in manifest.files {
            guard let there = found.first(where: { $0.path == file.path }) else {
                throw BackupError.missing(path: backup + "/" + file.path)
            }
            guard there == file else {
                throw BackupError.damaged(
                    path: backup + "/" + file.path,
                    detail:
                        "has \(there.bytes) bytes with the hash \(there.sha256), written were \(file.bytes) with \(file.sha256)"
                )
            }
        }
        return manifest
    }

    // MARK: Files

    private static let hashedAtOnce = 1 << 20

    private func sha256(_ path: String) throws -> String {
        var hash = SHA256()
        let file: FileHandle
        do { file = try FileHandle(forReadingFrom: URL(filePath: path)) } catch {
            throw BackupError.missing(path: path)
        }
        defer { try? file.close() }
        while let piece = try file.read(upToCount: Self.hashedAtOnce), !piece.isEmpty { hash.update(piece) }
        return hexadecimal(hash.finish())
    }

    private func sync(_ path: String) throws {
        let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "open") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, "sync") }
    }

    private func failure(_ path: String, _ operation: String) -> StoreError {
        .file(path: path, operation: operation, reason: String(cString: strerror(errno)))
    }
}

/// Why there is no backup, or no folder made of one.
public enum BackupError: Error, Equatable, CustomStringConvertible {
    case noData(path: String)
    case noBackup(path: String)
    /// The place is taken.
    case taken(path: String)
    case missing(path: String)
    case damaged(path: String, detail: String)

    public var description: String {
        switch self {
        case .noData(let path): "\(path) is no data folder: it has no propertypro.sqlite."
        case .noBackup(let path): "\(path) is no backup: it has no manifest.json."
        case .taken(let path): "\(path) is there already and not empty; name another folder, or move it away."
        case .missing(let path):
            "\(path) is missing. If a document was removed while the backup was made, make it again; otherwise run `propertypro check`."
        case .damaged(let path, let detail): "\(path) \(detail). Use another backup."
        }
    }
}
