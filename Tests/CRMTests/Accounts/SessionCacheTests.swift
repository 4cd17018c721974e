import Store
import Testing

@testable import CRM

@Suite struct SessionCacheTests {
    private func live(_ id: String) throws -> LiveSession {
        let zero = Timestamp(milliseconds: 0)
        let user = User(
            id: "u", email: try #require(EmailAddress("a@b.c")), firstName: "A", lastName: "B", role: .agent,
            createdAt: zero, updatedAt: zero)
        let session = AuthSession(
            id: id, userID: "u", createdAt: zero, expiresAt: zero, absoluteExpiresAt: zero, revokedAt: nil)
        return LiveSession(session: session, user: user)
    }

    @Test func remembersUntilInvalidated() throws {
        let cache = SessionCache()
        let (nothing, generation) = cache.find("s")
        #expect(nothing == nil)
        cache.store(try live("s"), generation: generation)
        #expect(cache.find("s").0?.session.id == "s")
        cache.invalidate()
        #expect(cache.find("s").0 == nil)
    }

    // A request reads "alive", then a logout commits, then the request stores what it read: it must not stick.
    @Test func anAnswerFromBeforeAnInvalidationIsNotStored() throws {
        let cache = SessionCache()
        let (_, generation) = cache.find("s")
        cache.invalidate()
        cache.store(try live("s"), generation: generation)
        #expect(cache.find("s").0 == nil)
    }
}
