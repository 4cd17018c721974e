import Foundation
import Store

/// Accounts, their sessions and refresh tokens as rows. No rules here; ``AccountService`` has them.
///
/// Every function takes part in the caller's transaction.
public enum AccountRepository {
    // MARK: Users

    private static let userColumns = """
        id, email, first_name, last_name, role, phone, languages, expertise_areas, client_id, status,
        must_change_password, last_login_at, created_at, updated_at, version
        """

    public static func user(id: String, in transaction: any ReadTransaction) throws -> User? {
        try transaction.row("SELECT \(userColumns) FROM users WHERE id = $1", [id]).map(user)
    }

    public static func user(email: EmailAddress, in transaction: any ReadTransaction) throws -> User? {
        try transaction.row("SELECT \(userColumns) FROM users WHERE email_key = $1", [email.key]).map(user)
    }

    /// The hash and, for a one-time password, when it lapses.
    static func password(
        ofUser id: String, in transaction: any ReadTransaction
    ) throws -> (hash: String, expiresAt: Timestamp?)? {
        try transaction.row("SELECT password_hash, password_expires_at FROM users WHERE id = $1", [id]).map {
            (try $0.text(0), try $0.optionalInt(1).map { Timestamp(milliseconds: $0) })
        }
    }

    public static func administrators(in transaction: any ReadTransaction) throws -> [User] {
        try transaction.rows("SELECT \(userColumns) FROM users WHERE role = 'admin' ORDER BY id").map(user)
    }

    static func insert(
        _ user: User, passwordHash: String, passwordExpiresAt: Timestamp?, in transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            """
            INSERT INTO users (\(userColumns), email_key, password_hash, password_expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            """,
            [
                user.id, user.email.text, user.firstName, user.lastName, user.role.rawValue, user.phone,
                user.languages.joined(separator: " "), user.expertiseAreas.map(\.rawValue).joined(separator: " "),
                user.clientID, user.status.rawValue, user.mustChangePassword, user.lastLoginAt?.milliseconds,
                user.createdAt.milliseconds, user.updatedAt.milliseconds, user.version, user.email.key, passwordHash,
                passwordExpiresAt?.milliseconds,
            ])
    }

    /// Writes every field but the address and the password.
    static func update(_ user: User, in transaction: any WriteTransaction) throws {
        try transaction.execute(
            """
            UPDATE users SET first_name = $2, last_name = $3, role = $4, phone = $5, languages = $6,
                expertise_areas = $7, client_id = $8, status = $9, must_change_password = $10, last_login_at = $11,
                updated_at = $12, version = $13
            WHERE id = $1
            """,
            [
                user.id, user.firstName, user.lastName, user.role.rawValue, user.phone,
                user.languages.joined(separator: " "), user.expertiseAreas.map(\.rawValue).joined(separator: " "),
                user.clientID, user.status.rawValue, user.mustChangePassword, user.lastLoginAt?.milliseconds,
                user.updatedAt.milliseconds, user.version,
            ])
    }

    static func setPassword(
        ofUser id: String, hash: String, expiresAt: Timestamp?, in transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            "UPDATE users SET password_hash = $2, password_expires_at = $3 WHERE id = $1",
            [id, hash, expiresAt?.milliseconds])
    }

    private static func user(_ row: SQLRow) throws -> User {
        func unknown(_ column: Int, _ expected: String) throws -> StoreError {
            .unexpectedColumn(index: column, expected: expected, found: "'\(try row.text(column))'")
        }
        guard let email = EmailAddress(try row.text(1)) else { throw try unknown(1, "an e-mail address") }
        guard let role = Role(rawValue: try row.text(4)) else { throw try unknown(4, "a role") }
        guard let status = UserStatus(rawValue: try row.text(9)) else { throw try unknown(9, "a status") }
        return User(
            id: try row.text(0), email: email, firstName: try row.text(2), lastName: try row.text(3), role: role,
            phone: try row.optionalText(5),
            languages: try row.text(6).split(separator: " ").map(String.init),
            expertiseAreas: try row.text(7).split(separator: " ").compactMap { ExpertiseArea(rawValue: String($0)) },
            clientID: try row.optionalText(8), status: status, mustChangePassword: try row.bool(10),
            lastLoginAt: try row.optionalInt(11).map { Timestamp(milliseconds: $0) },
            createdAt: Timestamp(milliseconds: try row.int(12)), updatedAt: Timestamp(milliseconds: try row.int(13)),
            version: Int(try row.int(14)))
    }

    // MARK: Sessions

    private static let sessionColumns = "id, user_id, created_at, expires_at, absolute_expires_at, revoked_at"

    static func session(id: String, in transaction: any ReadTransaction) throws -> AuthSession? {
        try transaction.row("SELECT \(sessionColumns) FROM auth_sessions WHERE id = $1", [id]).map(session)
    }

    /// The user's sessions that are neither revoked nor expired, oldest first.
    static func liveSessions(
        ofUser id: String, at now: Timestamp, in transaction: any ReadTransaction
    ) throws -> [AuthSession] {
        try transaction.rows(
            """
            SELECT \(sessionColumns) FROM auth_sessions
            WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY created_at, id
            """, [id, now.milliseconds]
        ).map(session)
    }

    static func insert(
        _ session: AuthSession, deviceName: String?, in transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            """
            INSERT INTO auth_sessions (id, user_id, device_name, created_at, expires_at, absolute_expires_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [
                session.id, session.userID, deviceName, session.createdAt.milliseconds,
                session.expiresAt.milliseconds, session.absoluteExpiresAt.milliseconds,
            ])
    }

    static func extend(session id: String, until: Timestamp, in transaction: any WriteTransaction) throws {
        try transaction.execute("UPDATE auth_sessions SET expires_at = $2 WHERE id = $1", [id, until.milliseconds])
    }

    static func revoke(
        session id: String, reason: RevocationReason, at now: Timestamp, in transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            "UPDATE auth_sessions SET revoked_at = $2, revoke_reason = $3 WHERE id = $1 AND revoked_at IS NULL",
            [id, now.milliseconds, reason.rawValue])
    }

    /// Ends all sessions of a user but `kept`.
    static func revokeSessions(
        ofUser id: String, except kept: String?, reason: RevocationReason, at now: Timestamp,
        in transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            """
            UPDATE auth_sessions SET revoked_at = $2, revoke_reason = $3
            WHERE user_id = $1 AND revoked_at IS NULL AND id <> $4
            """,
            [id, now.milliseconds, reason.rawValue, kept ?? ""])
    }

    /// Forgets a user's sessions that ended before `limit`, with their tokens.
    static func pruneSessions(
        ofUser id: String, before limit: Timestamp, in transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            "DELETE FROM auth_sessions WHERE user_id = $1 AND (revoked_at < $2 OR expires_at < $2)",
            [id, limit.milliseconds])
    }

    private static func session(_ row: SQLRow) throws -> AuthSession {
        AuthSession(
            id: try row.text(0), userID: try row.text(1), createdAt: Timestamp(milliseconds: try row.int(2)),
            expiresAt: Timestamp(milliseconds: try row.int(3)),
            absoluteExpiresAt: Timestamp(milliseconds: try row.int(4)),
            revokedAt: try row.optionalInt(5).map { Timestamp(milliseconds: $0) })
    }

    // MARK: Refresh tokens

    static func refreshToken(
        _ token: RefreshToken, in transaction: any ReadTransaction
    ) throws -> (sessionID: String, spentAt: Timestamp?)? {
        try transaction.row("SELECT session_id, spent_at FROM refresh_tokens WHERE sha256 = $1", [token.sha256]).map {
            (try $0.text(0), try $0.optionalInt(1).map { Timestamp(milliseconds: $0) })
        }
    }

    static func insert(
        _ token: RefreshToken, sessionID: String, at now: Timestamp, in transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            "INSERT INTO refresh_tokens (sha256, session_id, created_at) VALUES ($1, $2, $3)",
            [token.sha256, sessionID, now.milliseconds])
    }

    static func spend(_ token: RefreshToken, at now: Timestamp, in transaction: any WriteTransaction) throws {
        try transaction.execute(
            "UPDATE refresh_tokens SET spent_at = $2 WHERE sha256 = $1", [token.sha256, now.milliseconds])
    }
}
