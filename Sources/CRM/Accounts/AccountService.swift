import Store

/// A fresh pair of proofs for one session. The refresh token is nowhere else in clear.
public struct SignedIn: Sendable, Hashable {
    public let user: User
    public let session: AuthSession
    public let refreshToken: RefreshToken
}

/// Sign-in and everything that follows from it (behaviour.md, section 3).
///
/// Thread rule: call from any task; hashing runs on the hasher's threads, SQL on the database's.
/// Errors: ``AccountError``, ``Store/StoreError``.
public final class AccountService: Sendable {
    public let database: any Database
    let hasher: PasswordHasher
    public let sessionPolicy: SessionPolicy
    public let lockoutPolicy: LockoutPolicy
    let clock: WallClock
    private let gate = AttemptGate()
    let cache = SessionCache()

    public init(
        database: any Database, hasher: PasswordHasher, sessionPolicy: SessionPolicy = SessionPolicy(),
        lockoutPolicy: LockoutPolicy = LockoutPolicy(), clock: WallClock = .system
    ) {
        self.database = database
        self.hasher = hasher
        self.sessionPolicy = sessionPolicy
        self.lockoutPolicy = lockoutPolicy
        self.clock = clock
    }

    // MARK: Sign-in

    /// Exchanges address and password for a session. Unknown addresses take as long as known ones and count
    /// towards the same lockout.
    public func signIn(
        email: EmailAddress, password: String, deviceName: String?, origin: RequestOrigin
    ) async throws -> SignedIn {
        try await gate.pass(email.key) { [self] in
            try await checkLock(email: email, origin: origin)
            let (user, stored) = try await database.read { transaction in
                let user = try AccountRepository.user(email: email, in: transaction)
                let stored = try user.flatMap { try AccountRepository.password(ofUser: $0.id, in: transaction) }
                return (user, stored.map { StoredPassword(hash: $0.hash, expiresAt: $0.expiresAt) })
            }
            let matches = try await hasher.verify(password, against: stored?.hash)
            let lapsed = stored?.expiresAt.map { $0 <= clock.now } ?? false
            guard matches, !lapsed, let user else {
                let detail = matches ? "one-time password lapsed" : nil
                try await recordFailure(email: email, userID: user?.id, detail: detail, origin: origin)
                throw AccountError.invalidCredentials
            }
            guard user.status == .active else { throw AccountError.accountDisabled }
            return try await openSession(userID: user.id, email: email, deviceName: deviceName, origin: origin)
        }
    }

    private struct StoredPassword: Sendable {
        let hash: String
        let expiresAt: Timestamp?
    }

    private func checkLock(email: EmailAddress, origin: RequestOrigin) async throws {
        let now = clock.now
        let seconds = try await database.read { transaction in
            let address = try LockoutTable.state(LockoutTable.key(address: email.key), in: transaction)
            let ip = try LockoutTable.state(LockoutTable.key(ip: origin.ip), in: transaction)
            return [address.lockedSeconds(at: now), ip.lockedSeconds(at: now)].compactMap { $0 }.max()
        }
        if let seconds { throw AccountError.locked(retryAfterSeconds: seconds) }
    }

    private func recordFailure(
        email: EmailAddress, userID: String?, detail: String?, origin: RequestOrigin
    ) async throws {
        let now = clock.now
        let policy = lockoutPolicy
        try await database.write { transaction in
            let counters = [
                (LockoutTable.key(address: email.key), policy.failuresPerAddress, email.key),
                (LockoutTable.key(ip: origin.ip), policy.failuresPerIP, origin.ip),
            ]
            try AuditLog.append(
                .signInFailed, userID: userID, subject: email.key, detail: detail, origin: origin, at: now,
                in: transaction)
            for (key, limit, subject) in counters {
                var state = try LockoutTable.state(key, in: transaction)
                if state.recordFailure(at: now, limit: limit, policy: policy) {
                    try AuditLog.append(
                        .accountLocked, userID: userID, subject: subject, origin: origin, at: now, in: transaction)
                }
                try LockoutTable.save(state, key: key, in: transaction)
            }
            try LockoutTable.prune(before: now.adding(seconds: -policy.forgetSeconds), in: transaction)
        }
    }

    private func openSession(
        userID: String, email: EmailAddress, deviceName: String?, origin: RequestOrigin
    ) async throws -> SignedIn {
        let now = clock.now
        let policy = sessionPolicy
        let token = RefreshToken()
        let absolute = now.adding(seconds: policy.absoluteSeconds)
        let session = AuthSession(
            id: UUIDv7.make(at: now), userID: userID, createdAt: now,
            expiresAt: min(now.adding(seconds: policy.slidingSeconds), absolute), absoluteExpiresAt: absolute,
            revokedAt: nil)
        let user = try await database.write { transaction in
            // Read again: the account may have changed while the password was hashed.
            guard var user = try AccountRepository.user(id: userID, in: transaction), user.status == .active else {
                throw AccountError.accountDisabled
            }
            user.lastLoginAt = now
            try AccountRepository.update(user, in: transaction)
            try AccountRepository.pruneSessions(
                ofUser: userID, before: now.adding(seconds: -policy.keepEndedSeconds), in: transaction)
            let live = try AccountRepository.liveSessions(ofUser: userID, at: now, in: transaction)
            for old in live.dropLast(max(0, policy.maximumSessions - 1)) {
                try AccountRepository.revoke(session: old.id, reason: .sessionLimit, at: now, in: transaction)
            }
            try AccountRepository.insert(session, deviceName: deviceName, in: transaction)
            try AccountRepository.insert(token, sessionID: session.id, at: now, in: transaction)
            try LockoutTable.clear(LockoutTable.key(address: email.key), in: transaction)
            try AuditLog.append(
                .signedIn, userID: userID, subject: session.id, detail: deviceName, origin: origin, at: now,
                in: transaction)
            return user
        }
        cache.invalidate()
        return SignedIn(user: user, session: session, refreshToken: token)
    }

    // MARK: Refresh

    /// Spends a refresh token for the next one.
    public func refresh(_ token: RefreshToken, origin: RequestOrigin) async throws -> SignedIn {
        let now = clock.now
        let policy = sessionPolicy
        // An outcome instead of a throw: the revocation must commit.
        let outcome: Result<SignedIn, AccountError> = try await database.write { transaction in
            guard let known = try AccountRepository.refreshToken(token, in: transaction),
                let session = try AccountRepository.session(id: known.sessionID, in: transaction),
                let user = try AccountRepository.user(id: session.userID, in: transaction)
            else { return .failure(.unknownToken) }
            guard session.revokedAt == nil else { return .failure(.tokenRevoked) }
            if let spentAt = known.spentAt {
                if now < spentAt.adding(seconds: policy.supersededSeconds) { return .failure(.refreshSuperseded) }
                try AccountRepository.revoke(session: session.id, reason: .tokenReused, at: now, in: transaction)
                try AuditLog.append(
                    .tokenReused, userID: user.id, subject: session.id, origin: origin, at: now, in: transaction)
                return .failure(.tokenReused)
            }
            guard now < session.expiresAt, now < session.absoluteExpiresAt else { return .failure(.tokenExpired) }
            guard user.status == .active else { return .failure(.accountDisabled) }
            let next = RefreshToken()
            let expiresAt = min(now.adding(seconds: policy.slidingSeconds), session.absoluteExpiresAt)
            try AccountRepository.spend(token, at: now, in: transaction)
            try AccountRepository.insert(next, sessionID: session.id, at: now, in: transaction)
            try AccountRepository.extend(session: session.id, until: expiresAt, in: transaction)
            let extended = AuthSession(
                id: session.id, userID: session.userID, createdAt: session.createdAt, expiresAt: expiresAt,
                absoluteExpiresAt: session.absoluteExpiresAt, revokedAt: nil)
            return .success(SignedIn(user: user, session: extended, refreshToken: next))
        }
        cache.invalidate()
        return try outcome.get()
    }

    // MARK: Sessions

    /// The session and its user as the store has them now, for every request.
    /// - Throws: ``AccountError/tokenRevoked`` when it is gone, ``AccountError/accountDisabled``.
    public func liveSession(id: String) async throws -> LiveSession {
        let (cached, generation) = cache.find(id)
        let now = clock.now
        let found: LiveSession?
        if let cached {
            found = cached
        } else {
            found = try await database.read { transaction in
                guard let session = try AccountRepository.session(id: id, in: transaction),
                    let user = try AccountRepository.user(id: session.userID, in: transaction)
                else { return nil }
                return LiveSession(session: session, user: user)
            }
        }
        guard let found, found.session.isAlive(at: now) else { throw AccountError.tokenRevoked }
        guard found.user.status == .active else { throw AccountError.accountDisabled }
        if cached == nil { cache.store(found, generation: generation) }
        return found
    }

    /// Ends a session, or with `all` every session of its user.
    public func signOut(sessionID: String, userID: String, all: Bool, origin: RequestOrigin) async throws {
        let now = clock.now
        try await database.write { transaction in
            if all {
                try AccountRepository.revokeSessions(
                    ofUser: userID, except: nil, reason: .signOut, at: now, in: transaction)
            } else {
                try AccountRepository.revoke(session: sessionID, reason: .signOut, at: now, in: transaction)
            }
            try AuditLog.append(
                .signedOut, userID: userID, subject: sessionID, detail: all ? "all sessions" : nil, origin: origin,
                at: now, in: transaction)
        }
        cache.invalidate()
    }

    // MARK: Passwords

    /// Changes the own password and ends all other sessions. Wrong current passwords count towards the lockout.
    public func changePassword(
        userID: String, sessionID: String, current: String, new: String, origin: RequestOrigin
    ) async throws {
        guard let user = try await database.read({ try AccountRepository.user(id: userID, in: $0) }) else {
            throw AccountError.unknownUser(id: userID)
        }
        try await gate.pass(user.email.key) { [self] in
            try await checkLock(email: user.email, origin: origin)
            let stored = try await database.read { transaction in
                try AccountRepository.password(ofUser: userID, in: transaction)?.hash
            }
            guard try await hasher.verify(current, against: stored) else {
                try await recordFailure(email: user.email, userID: userID, detail: nil, origin: origin)
                throw AccountError.invalidCredentials
            }
            let faults = PasswordRules.faults(of: new, user: user, current: current)
            guard faults.isEmpty else { throw AccountError.passwordRejected(faults) }
            let hash = try await hasher.hash(new)
            let now = clock.now
            try await database.write { transaction in
                guard var user = try AccountRepository.user(id: userID, in: transaction) else {
                    throw AccountError.unknownUser(id: userID)
                }
                user.mustChangePassword = false
                user.updatedAt = now
                user.version += 1
                try AccountRepository.update(user, in: transaction)
                try AccountRepository.setPassword(ofUser: userID, hash: hash, expiresAt: nil, in: transaction)
                try AccountRepository.revokeSessions(
                    ofUser: userID, except: sessionID, reason: .passwordChanged, at: now, in: transaction)
                try LockoutTable.clear(LockoutTable.key(address: user.email.key), in: transaction)
                try AuditLog.append(
                    .passwordChanged, userID: userID, subject: sessionID, origin: origin, at: now, in: transaction)
            }
        }
        cache.invalidate()
    }

    /// The account as stored now.
    public func user(id: String) async throws -> User? {
        try await database.read { try AccountRepository.user(id: id, in: $0) }
    }

    /// Until when an address is locked, for the account's own view.
    public func lockedUntil(_ email: EmailAddress) async throws -> Timestamp? {
        let now = clock.now
        return try await database.read { transaction in
            let state = try LockoutTable.state(LockoutTable.key(address: email.key), in: transaction)
            return state.lockedSeconds(at: now) == nil ? nil : state.lockedUntil
        }
    }
}
