import CRM
import Store
import TestSupport
import Testing
import Threads

/// Accounts over a real database file, with cheap hashes and a clock that tests move.
struct AccountFixture {
    static let password = "harbour-lantern-42-quiet"
    static let origin = RequestOrigin(ip: "192.0.2.7", requestID: "req_test0001")

    let folder: TemporaryFolder
    let clock = ManualClock()
    let database: SQLiteDatabase
    let accounts: AccountService
    let pool = ThreadPool(name: "hash", threads: 2)

    init(sessions: SessionPolicy = SessionPolicy()) throws {
        folder = try TemporaryFolder()
        database = try SQLiteDatabase(path: folder.path + "/test.db", migrations: AccountRepository.migrations)
        let hasher = PasswordHasher(pool: pool, cost: Argon2Cost(memoryKiB: 8, passes: 1, lanes: 1))
        accounts = AccountService(
            database: database, hasher: hasher, sessionPolicy: sessions, clock: clock.wallClock)
    }

    func address(_ text: String = "layla.haddad@example.com") throws -> EmailAddress {
        try #require(EmailAddress(text))
    }

    @discardableResult
    func addUser(_ email: String = "layla.haddad@example.com", role: Role = .agent) async throws -> User {
        let new = NewUser(email: try address(email), firstName: "Layla", lastName: "Haddad", role: role)
        return try await accounts.createUser(new, password: Self.password, origin: .program).user
    }

    func signIn(
        _ email: String = "layla.haddad@example.com", password: String = password, ip: String = origin.ip
    ) async throws -> SignedIn {
        try await accounts.signIn(
            email: try address(email), password: password, deviceName: "Pixel 8",
            origin: RequestOrigin(ip: ip, requestID: "req_test0001"))
    }

    func events() async throws -> [AuditEvent] {
        try await database.read { try AuditLog.latest(1_000, in: $0).map(\.event) }
    }
}
