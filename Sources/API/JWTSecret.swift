import CRM
import Foundation

/// Why there is no signing secret.
public enum JWTSecretError: Error, Equatable, CustomStringConvertible {
    case missing(path: String)
    case tooShort(source: String, found: Int)
    case predictable(source: String)
    case readableByOthers(path: String, mode: Int)
    case file(path: String, operation: String, reason: String)

    public var description: String {
        switch self {
        case .missing(let path):
            "The signing secret \(path) is missing although the data folder is in use. Restore it from a backup, "
                + "or create it with 32 or more random bytes (all users must then sign in again)."
        case .tooShort(let source, let found):
            "The signing secret in \(source) has \(found) bytes; it needs at least \(JWTSecret.minimumBytes)."
        case .predictable(let source):
            "The signing secret in \(source) is a default or a repetition. Use random bytes."
        case .readableByOthers(let path, let mode):
            "The signing secret \(path) has mode \(String(mode, radix: 8)), so others may read it. Run: chmod 600 \(path)"
        case .file(let path, let operation, let reason):
            "Could not \(operation) \(path): \(reason)."
        }
    }
}

/// The secret that signs access tokens.
public enum JWTSecret {
    public static let minimumBytes = 32
    /// Inside the data folder.
    public static let fileName = "secrets/jwt.key"

    /// Makes the secret of a folder in which there is nothing yet but `owner.lock`. Blocking.
    ///
    /// A folder in use never gets a new one: the tokens of all users would lapse without a word.
    public static func createIfFresh(dataFolder: String) throws(JWTSecretError) {
        let path = dataFolder + "/" + fileName
        if isFresh(dataFolder), !FileManager.default.fileExists(atPath: path) { _ = try create(path) }
    }

    private static func isFresh(_ dataFolder: String) -> Bool {
        let content = (try? FileManager.default.contentsOfDirectory(atPath: dataFolder)) ?? []
        // A start that was killed may have left the folder of the key.
        return content.allSatisfy { $0 == "owner.lock" || $0 == "secrets" }
    }

    /// The configured secret, or else the one of the data folder, made together with the folder. Blocking.
    public static func load(configured: String?, dataFolder: String) throws(JWTSecretError) -> [UInt8] {
        if let configured {
            return try check(Array(configured.utf8), source: "PROPERTYPRO_JWT_SECRET")
        }
        let path = dataFolder + "/" + fileName
        if FileManager.default.fileExists(atPath: path) { return try read(path) }
        guard isFresh(dataFolder) else { throw .missing(path: path) }
        return try create(path)
    }

    private static func read(_ path: String) throws(JWTSecretError) -> [UInt8] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        if let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue, mode & 0o077 != 0 {
            throw .readableByOthers(path: path, mode: mode)
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .file(path: path, operation: "read", reason: "it cannot be opened")
        }
        var bytes = [UInt8](data)
        while let last = bytes.last, last == 10 || last == 13 { bytes.removeLast() }
        return try check(bytes, source: path)
    }

    private static func create(_ path: String) throws(JWTSecretError) -> [UInt8] {
        let folder = (path as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .file(path: folder, operation: "create", reason: error.localizedDescription)
        }
        let secret = Array(hexadecimal(randomBytes(32)).utf8)
        // Written under another name, so that a crash leaves no half a key.
        let unfinished = path + ".new"
        unlink(unfinished)
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .file(path: path, operation: "create", reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        // SAFETY: `secret` lives for the call and its count is passed beside it.
        guard write(descriptor, secret, secret.count) == secret.count, fsync(descriptor) == 0 else {
            throw .file(path: path, operation: "write", reason: String(cString: strerror(errno)))
        }
        guard rename(unfinished, path) == 0 else {
            throw .file(path: path, operation: "create", reason: String(cString: strerror(errno)))
        }
        return secret
    }

    private static func check(_ secret: [UInt8], source: String) throws(JWTSecretError) -> [UInt8] {
        guard secret.count >= minimumBytes else { throw .tooShort(source: source, found: secret.count) }
        let text = String(decoding: secret, as: UTF8.self).lowercased()
        let isDefault = ["changeme", "change-me", "change_me", "your-secret", "your_secret", "default"]
            .contains { text.contains($0) }
        guard !isDefault, Set(secret).count >= 8 else { throw .predictable(source: source) }
        return secret
    }
}
