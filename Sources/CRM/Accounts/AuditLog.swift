import Store

/// Events that leave a trace whatever happens to the records they speak of.
public enum AuditEvent: String, Sendable, Hashable, CaseIterable {
    case signedIn = "signed_in"
    case signInFailed = "sign_in_failed"
    case accountLocked = "account_locked"
    case tokenReused = "token_reused"
    case signedOut = "signed_out"
    case passwordChanged = "password_changed"
    case passwordReset = "password_reset"
    case accountCreated = "account_created"
    case roleChanged = "role_changed"
    case exported, erased, optimised
}

/// Where a request came from.
public struct RequestOrigin: Sendable, Hashable {
    public var ip: String
    public var requestID: String

    public init(ip: String, requestID: String) {
        self.ip = ip
        self.requestID = requestID
    }

    /// The program itself, such as at start-up.
    public static let program = RequestOrigin(ip: "", requestID: "")
}

public struct AuditEntry: Sendable, Hashable {
    public let id: String
    public let at: Timestamp
    public let event: AuditEvent
    /// Who acted, if known.
    public let userID: String?
    /// What it was about: an address, a session, a record.
    public let subject: String?
    public let origin: RequestOrigin
    public let detail: String?
}

/// The append-only table behind it; triggers refuse UPDATE and DELETE.
public enum AuditLog {
    /// Adds an entry in the caller's transaction.
    public static func append(
        _ event: AuditEvent, userID: String? = nil, subject: String? = nil, detail: String? = nil,
        origin: RequestOrigin, at now: Timestamp, in transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            """
            INSERT INTO audit_log (id, at, event, user_id, subject, ip, request_id, detail)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                UUIDv7.make(at: now), now.milliseconds, event.rawValue, userID, subject, origin.ip, origin.requestID,
                detail,
            ])
    }

    /// The newest `limit` entries, newest first.
    public static func latest(_ limit: Int, in transaction: any ReadTransaction) throws -> [AuditEntry] {
        try transaction.rows(
            """
            SELECT id, at, event, user_id, subject, ip, request_id, detail FROM audit_log
            ORDER BY at DESC, id DESC LIMIT $1
            """, [limit]
        ).compactMap { row in
            guard let event = AuditEvent(rawValue: try row.text(2)) else { return nil }
            return AuditEntry(
                id: try row.text(0), at: Timestamp(milliseconds: try row.int(1)), event: event,
                userID: try row.optionalText(3), subject: try row.optionalText(4),
                origin: RequestOrigin(ip: try row.text(5), requestID: try row.text(6)),
                detail: try row.optionalText(7))
        }
    }
}
