import Store

/// One sign-in of one user, from the login until logout, revocation or expiry.
public struct AuthSession: Sendable, Hashable {
    public let id: String
    public let userID: String
    public let createdAt: Timestamp
    /// Moves with every refresh, at most to ``absoluteExpiresAt``.
    public let expiresAt: Timestamp
    public let absoluteExpiresAt: Timestamp
    public let revokedAt: Timestamp?

    /// Whether requests may still be made in its name.
    public func isAlive(at now: Timestamp) -> Bool { revokedAt == nil && now < absoluteExpiresAt }
}

/// Why a session ended before its time.
public enum RevocationReason: String, Sendable, Hashable {
    case signOut = "sign_out"
    case tokenReused = "token_reused"
    case passwordChanged = "password_changed"
    case accountChanged = "account_changed"
    case sessionLimit = "session_limit"
}

/// How long sessions live and how many one user may have.
public struct SessionPolicy: Sendable, Hashable {
    public var slidingSeconds: Int64 = 7 * 86_400
    public var absoluteSeconds: Int64 = 30 * 86_400
    /// Within this time of a rotation the spent token is taken for a race of two tabs, not for theft.
    public var supersededSeconds: Int64 = 10
    public var maximumSessions = 10
    /// Ended sessions are kept this long, so that their tokens still get the right answer.
    public var keepEndedSeconds: Int64 = 7 * 86_400

    public init() {}
}

/// A refresh token: 256 random bits as text. The store only ever sees its SHA-256.
public struct RefreshToken: Sendable, Hashable {
    public let text: String

    /// A new random token.
    public init() {
        text = "rt_" + hexadecimal(randomBytes(32))
    }

    /// A token as presented.
    public init(text: String) {
        self.text = text
    }

    public var sha256: String { hexadecimal(SHA256.hash(text.utf8)) }
}
