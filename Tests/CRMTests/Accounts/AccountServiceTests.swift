import CRM
import Store
import TestSupport
import Testing

@Suite struct AccountServiceTests {
    @Test func signsInRefreshesAndSignsOutWithATraceOfEach() async throws {
        let fixture = try AccountFixture()
        let user = try await fixture.addUser()
        fixture.clock.advance(seconds: 1)
        let first = try await fixture.signIn("LAYLA.Haddad@example.com")
        #expect(first.user.id == user.id)
        #expect(first.user.lastLoginAt == fixture.clock.now)
        #expect(first.user.version == 1)
        #expect(first.refreshToken.text.count == 67)
        let second = try await fixture.accounts.refresh(first.refreshToken, origin: AccountFixture.origin)
        #expect(second.session.id == first.session.id)
        #expect(second.refreshToken != first.refreshToken)
        #expect(try await fixture.accounts.liveSession(id: first.session.id).user.id == user.id)
        fixture.clock.advance(seconds: 1)
        try await fixture.accounts.signOut(
            sessionID: first.session.id, userID: user.id, all: false, origin: AccountFixture.origin)
        await #expect(throws: AccountError.tokenRevoked) {
            try await fixture.accounts.liveSession(id: first.session.id)
        }
        await #expect(throws: AccountError.tokenRevoked) {
            try await fixture.accounts.refresh(second.refreshToken, origin: AccountFixture.origin)
        }
        #expect(try await fixture.events() == [.signedOut, .signedIn, .accountCreated])
    }

    @Test func theStoreNeverHoldsATokenOrPasswordInClear() async throws {
        let fixture = try AccountFixture()
        try await fixture.addUser()
        let signedIn = try await fixture.signIn()
        let texts = try await fixture.database.read { transaction in
            try ["users", "auth_sessions", "refresh_tokens", "audit_log"].flatMap { table in
                try transaction.rows("SELECT * FROM \(table)").flatMap(\.values)
            }
        }
        for case .text(let text) in texts {
            #expect(!text.contains(signedIn.refreshToken.text) && !text.contains(AccountFixture.password))
        }
    }

    @Test func aSpentTokenEndsTheSessionButNotWithinTenSecondsOfItsRotation() async throws {
        let fixture = try AccountFixture()
        try await fixture.addUser()
        let first = try await fixture.signIn()
        let second = try await fixture.accounts.refresh(first.refreshToken, origin: AccountFixture.origin)
        fixture.clock.advance(seconds: 9)
        await #expect(throws: AccountError.refreshSuperseded) {
            try await fixture.accounts.refresh(first.refreshToken, origin: AccountFixture.origin)
        }
        // Nothing was ended: the current token still works.
        let third = try await fixture.accounts.refresh(second.refreshToken, origin: AccountFixture.origin)
        fixture.clock.advance(seconds: 1)
        await #expect(throws: AccountError.tokenReused) {
            try await fixture.accounts.refresh(first.refreshToken, origin: AccountFixture.origin)
        }
        await #expect(throws: AccountError.tokenRevoked) {
            try await fixture.accounts.refresh(third.refreshToken, origin: AccountFixture.origin)
        }
        await #expect(throws: AccountError.tokenRevoked) {
            try await fixture.accounts.liveSession(id: first.session.id)
        }
        #expect(try await fixture.events().first == .tokenReused)
    }

    @Test func ofTwoRefreshesAtOnceExactlyOneGetsTheNextToken() async throws {
        let fixture = try AccountFixture()
        try await fixture.addUser()
        let first = try await fixture.signIn()
        let outcomes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    do {
                        _ = try await fixture.accounts.refresh(first.refreshToken, origin: AccountFixture.origin)
                        return "rotated"
                    } catch { return "\(error)" }
                }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(outcomes == ["rotated": 1, AccountError.refreshSuperseded.description: 5])
    }

    @Test func sessionsSlideSevenDaysAndEndAfterThirty() async throws {
        let fixture = try AccountFixture()
        let user = try await fixture.addUser()
        var current = try await fixture.signIn()
        let chosen = "nine blue herons wade"
        try await fixture.accounts.changePassword(
            userID: user.id, sessionID: current.session.id, current: AccountFixture.password, new: chosen,
            origin: AccountFixture.origin)
        for _ in 0..<4 {
            fixture.clock.advance(seconds: 7 * 86_400 - 1)
            current = try await fixture.accounts.refresh(current.refreshToken, origin: AccountFixture.origin)
        }
        #expect(current.session.expiresAt == current.session.absoluteExpiresAt)
        fixture.clock.advance(seconds: 3 * 86_400)
        await #expect(throws: AccountError.tokenExpired) {
            try await fixture.accounts.refresh(current.refreshToken, origin: AccountFixture.origin)
        }
        let idle = try await fixture.signIn(password: chosen)
        fixture.clock.advance(seconds: 7 * 86_400)
        await #expect(throws: AccountError.tokenExpired) {
            try await fixture.accounts.refresh(idle.refreshToken, origin: AccountFixture.origin)
        }
        await #expect(throws: AccountError.unknownToken) {
            try await fixture.accounts.refresh(RefreshToken(), origin: AccountFixture.origin)
        }
    }

    @Test func theEleventhSessionEndsTheOldest() async throws {
        let fixture = try AccountFixture()
        try await fixture.addUser()
        var sessions: [SignedIn] = []
        for _ in 0..<11 {
            fixture.clock.advance(seconds: 1)
            sessions.append(try await fixture.signIn())
        }
        await #expect(throws: AccountError.tokenRevoked) {
            try await fixture.accounts.liveSession(id: sessions[0].session.id)
        }
        for signedIn in sessions.dropFirst() {
            _ = try await fixture.accounts.liveSession(id: signedIn.session.id)
        }
    }

    @Test(arguments: ["layla.haddad@example.com", "nobody@example.com"])
    func fiveFailuresLockAnAddressKnownOrNot(email: String) async throws {
        let fixture = try AccountFixture()
        try await fixture.addUser()
        for _ in 0..<5 {
            await #expect(throws: AccountError.invalidCredentials) {
                try await fixture.signIn(email, password: "wrong-lantern-17")
            }
        }
        await #expect(throws: AccountError.locked(retryAfterSeconds: 900)) { try await fixture.signIn(email) }
        // Other addresses are free.
        try await fixture.addUser("omar@example.com")
        _ = try await fixture.signIn("omar@example.com")
        #expect(try await fixture.events().count { $0 == .accountLocked } == 1)
    }

    @Test func parallelGuessesCannotOutrunTheLock() async throws {
        let fixture = try AccountFixture()
        try await fixture.addUser()
        let checked = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<15 {
                group.addTask {
                    do {
                        _ = try await fixture.signIn(password: "wrong-lantern-17")
                        return true
                    } catch { return error as? AccountError == .invalidCredentials }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(checked == 5)
    }

    @Test func parallelSignInsWithTheRightPasswordAllSucceed() async throws {
        let fixture = try AccountFixture()
        try await fixture.addUser()
        let sessions = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await fixture.signIn().session.id } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(sessions.count == 8)
    }

    @Test func aSuccessForgetsEarlierFailuresAndTheLockOpensAgain() async throws {
        let fixture = try AccountFixture()
        try await fixture.addUser()
        for _ in 0..<4 { _ = try? await fixture.signIn(password: "wrong-lantern-17") }
        _ = try await fixture.signIn()
        for _ in 0..<4 { _ = try? await fixture.signIn(password: "wrong-lantern-17") }
        _ = try await fixture.signIn()
        for _ in 0..<5 { _ = try? await fixture.signIn(password: "wrong-lantern-17") }
        fixture.clock.advance(seconds: 899)
        await #expect(throws: AccountError.locked(retryAfterSeconds: 1)) { try await fixture.signIn() }
        fixture.clock.advance(seconds: 1)
        _ = try await fixture.signIn()
    }

    @Test func fiftyFailuresLockAnIP() async throws {
        let fixture = try AccountFixture()
        try await fixture.addUser()
        for number in 0..<50 {
            _ = try? await fixture.signIn("guess\(number)@example.com", password: "wrong-lantern-17")
        }
        await #expect(throws: AccountError.locked(retryAfterSeconds: 900)) { try await fixture.signIn() }
        _ = try await fixture.signIn(ip: "192.0.2.8")
    }

    @Test func aChangedPasswordEndsTheOtherSessionsAndTheOldPassword() async throws {
        let fixture = try AccountFixture()
        let user = try await fixture.addUser()
        let own = try await fixture.signIn()
        let other = try await fixture.signIn()
        let new = "nine blue herons wade"
        await #expect(throws: AccountError.invalidCredentials) {
            try await fixture.accounts.changePassword(
                userID: user.id, sessionID: own.session.id, current: "wrong-lantern-17", new: new,
                origin: AccountFixture.origin)
        }
        await #expect(throws: AccountError.passwordRejected([.unchanged])) {
            try await fixture.accounts.changePassword(
                userID: user.id, sessionID: own.session.id, current: AccountFixture.password,
                new: AccountFixture.password, origin: AccountFixture.origin)
        }
        try await fixture.accounts.changePassword(
            userID: user.id, sessionID: own.session.id, current: AccountFixture.password, new: new,
            origin: AccountFixture.origin)
        let live = try await fixture.accounts.liveSession(id: own.session.id)
        #expect(!live.user.mustChangePassword && live.user.version == 2)
        await #expect(throws: AccountError.tokenRevoked) {
            try await fixture.accounts.liveSession(id: other.session.id)
        }
        await #expect(throws: AccountError.invalidCredentials) { try await fixture.signIn() }
        // A chosen password does not lapse.
        fixture.clock.advance(seconds: 100 * 3_600)
        _ = try await fixture.signIn(password: new)
    }

    @Test func oneTimePasswordsLapseAfter72Hours() async throws {
        let fixture = try AccountFixture()
        try await fixture.addUser()
        fixture.clock.advance(seconds: 72 * 3_600 - 1)
        #expect(try await fixture.signIn().user.mustChangePassword)
        fixture.clock.advance(seconds: 1)
        await #expect(throws: AccountError.invalidCredentials) { try await fixture.signIn() }
    }

    @Test func aDisabledAccountIsNamedOnlyToWhoKnowsThePassword() async throws {
        let fixture = try AccountFixture()
        let user = try await fixture.addUser()
        let session = try await fixture.signIn()
        _ = try await fixture.database.write { transaction in
            try transaction.execute("UPDATE users SET status = 'inactive' WHERE id = $1", [user.id])
        }
        await #expect(throws: AccountError.accountDisabled) { try await fixture.signIn() }
        await #expect(throws: AccountError.invalidCredentials) {
            try await fixture.signIn(password: "wrong-lantern-17")
        }
        await #expect(throws: AccountError.accountDisabled) {
            try await fixture.accounts.refresh(session.refreshToken, origin: AccountFixture.origin)
        }
    }

    @Test func theFirstAdministratorGetsAOneTimePasswordOnce() async throws {
        let fixture = try AccountFixture()
        let email = try fixture.address("admin@propertypro.local")
        let generated = try #require(try await fixture.accounts.createFirstAdministrator(email: email))
        #expect(try await fixture.accounts.createFirstAdministrator(email: email) == nil)
        // Lapsed without a sign-in: a new one, or nobody could ever get in.
        fixture.clock.advance(seconds: 72 * 3_600)
        let fresh = try #require(try await fixture.accounts.createFirstAdministrator(email: email))
        #expect(fresh != generated)
        let signedIn = try await fixture.signIn("admin@propertypro.local", password: fresh)
        #expect(signedIn.user.role == .admin && signedIn.user.mustChangePassword)
        fixture.clock.advance(seconds: 72 * 3_600)
        #expect(try await fixture.accounts.createFirstAdministrator(email: email) == nil)
    }

    @Test func aConfiguredFirstPasswordIsCheckedAndMustBeChanged() async throws {
        let fixture = try AccountFixture()
        let email = try fixture.address("admin@propertypro.local")
        await #expect(throws: AccountError.passwordRejected([.tooShort, .common])) {
            try await fixture.accounts.createFirstAdministrator(email: email, password: "changeme")
        }
        let none = try await fixture.accounts.createFirstAdministrator(email: email, password: "nine blue herons")
        #expect(none == nil)
        let signedIn = try await fixture.signIn("admin@propertypro.local", password: "nine blue herons")
        #expect(signedIn.user.mustChangePassword)
    }

    @Test func addressesAreUniqueWithoutCaseAndTheAuditLogIsAppendOnly() async throws {
        let fixture = try AccountFixture()
        let user = try await fixture.addUser()
        await #expect(throws: AccountError.addressTaken(existingID: user.id)) {
            try await fixture.addUser("Layla.HADDAD@example.com")
        }
        for statement in ["DELETE FROM audit_log", "UPDATE audit_log SET event = 'erased'"] {
            await #expect(throws: StoreError.self) {
                _ = try await fixture.database.write { try $0.execute(statement) }
            }
        }
    }
}
