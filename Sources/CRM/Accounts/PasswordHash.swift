import CArgon2
import Foundation

/// What one Argon2id computation costs (RFC 9106).
public struct Argon2Cost: Sendable, Hashable {
    public var memoryKiB: UInt32
    public var passes: UInt32
    public var lanes: UInt32

    public init(memoryKiB: UInt32, passes: UInt32, lanes: UInt32) {
        self.memoryKiB = memoryKiB
        self.passes = passes
        self.lanes = lanes
    }

    /// 19 MiB, two passes, one lane: OWASP's recommendation; some 50 ms of one core.
    public static let standard = Argon2Cost(memoryKiB: 19_456, passes: 2, lanes: 1)
}

/// Failures of the hash itself, never "wrong password".
public enum PasswordHashError: Error, Equatable, CustomStringConvertible {
    case argon2(code: Int32, message: String)

    public var description: String {
        switch self {
        case .argon2(let code, let message): "Argon2 failed with code \(code): \(message). Is memory short?"
        }
    }
}

/// Argon2id over libargon2; the result is a PHC string that carries salt and cost.
///
/// Every function here is slow on purpose and blocks: call it on a ``Threads/ThreadPool`` (see ``PasswordHasher``).
/// Passwords are compared as NFC; every character counts.
public enum PasswordHash {
    private static let saltBytes = 16
    private static let hashBytes = 32

    /// Hashes with a fresh salt. Blocking.
    public static func make(_ password: String, cost: Argon2Cost) throws(PasswordHashError) -> String {
        let secret = bytes(of: password)
        let salt = randomBytes(saltBytes)
        let length = argon2_encodedlen(
            cost.passes, cost.memoryKiB, cost.lanes, UInt32(saltBytes), UInt32(hashBytes), Argon2_id)
        var encoded = [CChar](repeating: 0, count: length)
        // SAFETY: the arrays live for the call and their counts are passed beside them; Argon2 ends the text with NUL.
        let code = argon2id_hash_encoded(
            cost.passes, cost.memoryKiB, cost.lanes, secret, secret.count, salt, salt.count, hashBytes, &encoded,
            encoded.count)
        guard code == ARGON2_OK.rawValue else { throw failure(code) }
        return String(decoding: encoded.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether `password` has the hash `encoded`, in constant time over the hash. Blocking.
    public static func verify(_ password: String, against encoded: String) throws(PasswordHashError) -> Bool {
        let secret = bytes(of: password)
        let code = argon2id_verify(encoded, secret, secret.count)
        switch code {
        case ARGON2_OK.rawValue: return true
        case ARGON2_VERIFY_MISMATCH.rawValue: return false
        default: throw failure(code)
        }
    }

    private static func bytes(of password: String) -> [UInt8] {
        Array(password.precomposedStringWithCanonicalMapping.utf8)
    }

    private static func failure(_ code: Int32) -> PasswordHashError {
        .argon2(code: code, message: argon2_error_message(code).map { String(cString: $0) } ?? "unknown")
    }
}
