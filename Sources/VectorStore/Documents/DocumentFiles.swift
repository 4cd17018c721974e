import Foundation

/// The original files, each stored once under the hash of its content.
///
/// `files/ab/abcdef…`: names come from us, never from an upload. A file is complete or absent: it is written
/// in `incoming/`, synced, then renamed. Methods block.
public struct DocumentFiles: Sendable {
    private let folder: String

    /// - Throws: ``VectorStoreError/file(path:operation:reason:)`` when the folders cannot be made.
    public init(folder: String) throws {
        self.folder = folder
        for path in [folder, folder + "/incoming"] {
            do {
                try FileManager.default.createDirectory(
                    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw VectorStoreError.file(path: path, operation: "create", reason: error.localizedDescription)
            }
        }
    }

    /// A fresh path for a file that is still arriving.
    public func incomingPath(id: String) -> String {
        "\(folder)/incoming/\(id)"
    }

    /// Where the content with this hash lies.
    public func path(sha256: String) -> String {
        "\(folder)/\(sha256.prefix(2))/\(sha256)"
    }

    /// Brings an arrived file's content to the disk. Slow for large files: not inside a transaction.
    public func sync(_ incomingPath: String) throws {
        try Self.sync(incomingPath)
    }

    /// Makes an arrived and synced file permanent. When this returns, its name has reached the disk too.
    public func keep(_ incomingPath: String, sha256: String) throws {
        let target = path(sha256: sha256)
        let parent = "\(folder)/\(sha256.prefix(2))"
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw VectorStoreError.file(path: parent, operation: "create", reason: error.localizedDescription)
        }
        guard rename(incomingPath, target) == 0 else {
            throw Self.failure(target, "store")
        }
        try Self.sync(parent)
        try Self.sync(folder)
    }

    /// Removes the file with this content.
    public func remove(sha256: String) {
        unlink(path(sha256: sha256))
    }

    public func discard(_ incomingPath: String) {
        unlink(incomingPath)
    }

    /// Removes files that no document refers to: of uploads that were refused after their file was in place. Call
    /// while nothing is arriving.
    public func removeOrphans(keeping hashes: Set<String>) {
        let manager = FileManager.default
        for part in (try? manager.contentsOfDirectory(atPath: folder)) ?? [] where part.utf8.count == 2 {
            for name in (try? manager.contentsOfDirectory(atPath: "\(folder)/\(part)")) ?? []
            where !hashes.contains(name) {
                unlink("\(folder)/\(part)/\(name)")
            }
        }
    }

    /// Removes what an interrupted upload left. Call while nothing is arriving.
    public func discardAllIncoming() {
        let incoming = folder + "/incoming"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: incoming)) ?? [] {
            unlink(incoming + "/" + name)
        }
    }

    private static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "open") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, "sync") }
    }

    private static func failure(_ path: String, _ operation: String) -> VectorStoreError {
        .file(path: path, operation: operation, reason: String(cString: strerror(errno)))
    }
}
