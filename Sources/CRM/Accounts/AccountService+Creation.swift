import Store

/// What an administrator tells of a new account.
public struct NewUser: Sendable, Hashable {
    public var email: EmailAddress
    public var firstName: String
    public var lastName: String
    public var role: Role
    public var phone: String?
    public var languages: [String] = []
    public var expertiseAreas: [ExpertiseArea] = []
    public var clientID: String?

    public init(email: EmailAddress, firstName: String, lastName: String, role: Role) {
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.role = role
    }
}

extension AccountService {
    /// Creates an account with a one-time password, which is returned and stored nowhere in clear.
    /// - Parameter password: a password to use instead of a generated one; it is one-time all the same.
    public func createUser(
        _ new: NewUser, password: String? = nil, origin: RequestOrigin
    ) async throws -> (user: User, oneTimePassword: String) {
        let now = clock.now
        let password = password ?? OneTimePassword.make()
        let user = User(
            id: UUIDv7.make(at: now), email: new.email, firstName: new.firstName, lastName: new.lastName,
            role: new.role, phone: new.phone, languages: new.languages, expertiseAreas: new.expertiseAreas,
            clientID: new.clientID, mustChangePassword: true, createdAt: now, updatedAt: now)
        let hash = try await hasher.hash(password)
        try await database.write { transaction in
            if let existing = try AccountRepository.user(email: new.email, in: transaction) {
                throw AccountError.addressTaken(existingID: existing.id)
            }
            try AccountRepository.insert(
                user, passwordHash: hash, passwordExpiresAt: now.adding(seconds: OneTimePassword.lifetimeSeconds),
                in: transaction)
            try AuditLog.append(
                .accountCreated, subject: user.id, detail: new.role.rawValue, origin: origin, at: now,
                in: transaction)
        }
        return (user, password)
    }

    /// Makes sure that somebody can administrate.
    ///
    /// Creates the first administrator if there is none. If the only one has never signed in and the one-time
    /// password has lapsed, it gets a new one, so that nobody is locked out for good.
    /// - Parameter password: from the configuration; a generated one otherwise. It must be changed either way.
    /// - Returns: the generated one-time password, to be shown once; nil if nothing was generated.
    /// - Throws: ``AccountError/passwordRejected(_:)`` for a configured password that breaks the rules.
    public func createFirstAdministrator(email: EmailAddress, password: String? = nil) async throws -> String? {
        let now = clock.now
        let administrators = try await database.read { transaction in
            try AccountRepository.administrators(in: transaction).map { user in
                let lapses = try AccountRepository.password(ofUser: user.id, in: transaction)?.expiresAt
                return (user, lapsed: lapses.map { $0 <= now } ?? false)
            }
        }
        let candidate = NewUser(email: email, firstName: "System", lastName: "Administrator", role: .admin)
        if let password {
            let asUser = User(
                id: "", email: email, firstName: candidate.firstName, lastName: candidate.lastName, role: .admin,
                createdAt: now, updatedAt: now)
            let faults = PasswordRules.faults(of: password, user: asUser)
            guard faults.isEmpty || !administrators.isEmpty else { throw AccountError.passwordRejected(faults) }
        }
        if administrators.isEmpty {
            let created = try await createUser(candidate, password: password, origin: .program)
            return password == nil ? created.oneTimePassword : nil
        }
        guard administrators.count == 1, let (only, lapsed) = administrators.first, lapsed,
            only.lastLoginAt == nil
        else { return nil }
        let fresh = try await resetPassword(userID: only.id, password: password, origin: .program)
        return password == nil ? fresh : nil
    }

    /// Gives an account a new one-time password and ends its sessions.
    public func resetPassword(
        userID: String, password: String? = nil, origin: RequestOrigin
    ) async throws -> String {
        let password = password ?? OneTimePassword.make()
        let hash = try await hasher.hash(password)
        let now = clock.now
        try await database.write { transaction in
            guard var user = try AccountRepository.user(id: userID, in: transaction) else {
                throw AccountError.unknownUser(id: userID)
            }
            user.mustChangePassword = true
            user.updatedAt = now
            user.version += 1
            try AccountRepository.update(user, in: transaction)
            try AccountRepository.setPassword(
                ofUser: userID, hash: hash, expiresAt: now.adding(seconds: OneTimePassword.lifetimeSeconds),
                in: transaction)
            try AccountRepository.revokeSessions(
                ofUser: userID, except: nil, reason: .passwordChanged, at: now, in: transaction)
            try LockoutTable.clear(LockoutTable.key(address: user.email.key), in: transaction)
            try AuditLog.append(
                .passwordReset, subject: userID, origin: origin, at: now, in: transaction)
        }
        cache.invalidate()
        return password
    }
}
