import Store

extension AccountRepository {
    /// The tables of accounts, in the order of their history. Append-only.
    public static let migrations: [Migration] = [
        Migration("accounts-1") { transaction in
            for statement in tables { try transaction.execute(statement) }
        }
    ]

    private static let tables = [
        """
        CREATE TABLE users (
            id TEXT PRIMARY KEY NOT NULL,
            email TEXT NOT NULL,
            email_key TEXT NOT NULL UNIQUE,
            first_name TEXT NOT NULL,
            last_name TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'agent', 'client')),
            phone TEXT,
            languages TEXT NOT NULL,
            expertise_areas TEXT NOT NULL,
            client_id TEXT,
            status TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
            must_change_password BIGINT NOT NULL,
            password_hash TEXT NOT NULL,
            password_expires_at BIGINT,
            last_login_at BIGINT,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            version BIGINT NOT NULL)
        """,
        """
        CREATE TABLE auth_sessions (
            id TEXT PRIMARY KEY NOT NULL,
            user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            device_name TEXT,
            created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            absolute_expires_at BIGINT NOT NULL,
            revoked_at BIGINT,
            revoke_reason TEXT)
        """,
        "CREATE INDEX auth_sessions_by_user ON auth_sessions (user_id, created_at)",
        """
        CREATE TABLE refresh_tokens (
            sha256 TEXT PRIMARY KEY NOT NULL,
            session_id TEXT NOT NULL REFERENCES auth_sessions (id) ON DELETE CASCADE,
            created_at BIGINT NOT NULL,
            spent_at BIGINT)
        """,
        "CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id)",
        """
        CREATE TABLE login_lockouts (
            key TEXT PRIMARY KEY NOT NULL,
            failures TEXT NOT NULL,
            locked_until BIGINT,
            lock_count BIGINT NOT NULL,
            last_failure_at BIGINT NOT NULL)
        """,
        "CREATE INDEX login_lockouts_by_age ON login_lockouts (last_failure_at)",
        """
        CREATE TABLE audit_log (
            id TEXT PRIMARY KEY NOT NULL,
            at BIGINT NOT NULL,
            event TEXT NOT NULL,
            user_id TEXT,
            subject TEXT,
            ip TEXT NOT NULL,
            request_id TEXT NOT NULL,
            detail TEXT)
        """,
        "CREATE INDEX audit_log_by_time ON audit_log (at)",
        """
        CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """,
        """
        CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """,
    ]
}
