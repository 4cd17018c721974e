import CRM
import Testing

@Suite struct PasswordHashTests {
    static let cheap = Argon2Cost(memoryKiB: 8, passes: 1, lanes: 1)

    // From the reference implementation's own test program (phc-winner-argon2, src/test.c).
    @Test func verifiesAKnownHash() throws {
        let encoded = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
        #expect(try PasswordHash.verify("password", against: encoded))
        #expect(try !PasswordHash.verify("Password", against: encoded))
    }

    @Test func makesPHCStringsOfTheAskedCostWithFreshSalts() throws {
        let first = try PasswordHash.make("harbour-lantern-42", cost: .standard)
        let second = try PasswordHash.make("harbour-lantern-42", cost: Self.cheap)
        #expect(first.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(second != (try PasswordHash.make("harbour-lantern-42", cost: Self.cheap)))
        #expect(try PasswordHash.verify("harbour-lantern-42", against: first))
        #expect(try PasswordHash.verify("harbour-lantern-42", against: second))
    }

    @Test func everyCharacterCountsAndNFCMakesSpellingsEqual() throws {
        let long = String(repeating: "p", count: 127)
        let encoded = try PasswordHash.make(long + "a", cost: Self.cheap)
        #expect(try !PasswordHash.verify(long + "b", against: encoded))
        #expect(try !PasswordHash.verify(long + "a ", against: encoded))
        let accented = try PasswordHash.make("caf\u{e9} nile quay 7", cost: Self.cheap)
        #expect(try PasswordHash.verify("cafe\u{301} nile quay 7", against: accented))
        let withNUL = try PasswordHash.make("abc\u{0}def", cost: Self.cheap)
        #expect(try !PasswordHash.verify("abc\u{0}deg", against: withNUL))
    }

    @Test(arguments: ["", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$!"])
    func aDamagedHashIsAnErrorNotAWrongPassword(encoded: String) {
        #expect(throws: PasswordHashError.self) { try PasswordHash.verify("password", against: encoded) }
    }
}
