import Foundation

/// Proof that this process alone owns a data folder.
///
/// An advisory `flock` on `owner.lock`: it goes away with the process, however that ends. The file's content
/// names the holder for the message that a second process shows.
public final class DataFolderLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, waiting at most 100 ms. Blocking. Creates the folder (mode 0700) if need be.
    /// - Parameter purpose: what this process does, such as `propertypro serve on port 8000`.
    /// - Throws: ``StoreError/locked(folder:owner:)`` with the holder's own words.
    public init(folder: String, purpose: String) throws(StoreError) {
        let path = folder + "/owner.lock"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .file(path: folder, operation: "create the data folder", reason: error.localizedDescription)
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .file(path: path, operation: "open", reason: String(cString: strerror(errno)))
        }
        let deadline = ContinuousClock.now + .milliseconds(80)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                let reason = String(cString: strerror(errno))
                close(descriptor)
                throw .file(path: path, operation: "lock", reason: reason)
            }
            guard ContinuousClock.now < deadline else {
                let owner = Self.read(descriptor)
                close(descriptor)
                throw .locked(folder: folder, owner: owner.isEmpty ? "another process" : owner)
            }
            usleep(10_000)
        }
        let text = "\(purpose) (process \(getpid()))"
        let bytes = Array(text.utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw .file(path: path, operation: "write", reason: reason)
        }
        self.descriptor = descriptor
    }

    deinit {
        ftruncate(descriptor, 0)
        close(descriptor)
    }

    private static func read(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }
}
