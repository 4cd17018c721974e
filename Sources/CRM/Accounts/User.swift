import Store

/// What an account may do. `admin` runs the system, `manager` the brokerage, `agent` works own records,
/// `client` is an external person tied to one client record.
public enum Role: String, Sendable, Hashable, CaseIterable {
    case admin, manager, agent, client
}

public enum UserStatus: String, Sendable, Hashable, CaseIterable {
    case active, inactive
}

/// Fields of expertise in which a user may take reviews.
public enum ExpertiseArea: String, Sendable, Hashable, CaseIterable {
    case marketAnalysis = "market_analysis"
    case presentations, compliance, marketing, general, legal, financial, technical
}

/// An account. The password hash is not part of it and never leaves the repository.
public struct User: Sendable, Hashable {
    public let id: String
    public var email: EmailAddress
    public var firstName: String
    public var lastName: String
    public var role: Role
    /// E.164, such as `+971501234567`.
    public var phone: String?
    /// BCP 47 tags.
    public var languages: [String]
    public var expertiseAreas: [ExpertiseArea]
    /// The client record of a user with role `client`; nil for all others.
    public var clientID: String?
    public var status: UserStatus
    /// Until the password is changed only me, change-password and logout answer.
    public var mustChangePassword: Bool
    public var lastLoginAt: Timestamp?
    public let createdAt: Timestamp
    public var updatedAt: Timestamp
    /// Starts at 1; each effective change adds 1.
    public var version: Int

    public init(
        id: String, email: EmailAddress, firstName: String, lastName: String, role: Role, phone: String? = nil,
        languages: [String] = [], expertiseAreas: [ExpertiseArea] = [], clientID: String? = nil,
        status: UserStatus = .active, mustChangePassword: Bool = false, lastLoginAt: Timestamp? = nil,
        createdAt: Timestamp, updatedAt: Timestamp, version: Int = 1
    ) {
        self.id = id
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.role = role
        self.phone = phone
        self.languages = languages
        self.expertiseAreas = expertiseAreas
        self.clientID = clientID
        self.status = status
        self.mustChangePassword = mustChangePassword
        self.lastLoginAt = lastLoginAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.version = version
    }
}
