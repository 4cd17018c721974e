import CRM
import Store
import Testing

@Suite struct PasswordRulesTests {
    private var user: User {
        get throws {
            User(
                id: "1", email: try #require(EmailAddress("layla.haddad@example.com")), firstName: "Layla",
                lastName: "Haddad", role: .agent, createdAt: Timestamp(milliseconds: 0),
                updatedAt: Timestamp(milliseconds: 0))
        }
    }

    @Test(arguments: [
        "harbour-lantern-42-quiet", "Tr0ub4dor&3 is old", "nine blue herons", "مفتاح البيت القديم", "839201748361",
        "            !harbour", "layla likes nine blue herons",
    ])
    func accepts(password: String) throws {
        #expect(PasswordRules.faults(of: password, user: try user) == [])
    }

    @Test(arguments: [
        ("elevenchars", [PasswordFault.tooShort]),
        (String(repeating: "harbour-lantern-", count: 9), [.tooLong]),
        ("password1234", [.common]),
        ("P@ssw0rd!2025", [.common]),
        ("Welcome20252025", [.common]),
        ("qwertyuiop12", [.common]),
        ("1234567890123", [.common]),
        ("abcdefghijklm", [.common]),
        ("aaaaaaaaaaaa", [.common]),
        ("xyz9xyz9xyz9", [.common]),
        ("Haddad-1234567", [.containsName, .containsAddress]),
        ("layla.haddad@example.com", [.containsAddress]),
        ("LaylaHaddad12", [.containsAddress]),
        ("PropertyPro-2026", [.containsProduct]),
        ("Pr0pertyPr0!!1", [.containsProduct]),
    ])
    func refuses(password: String, expected: [PasswordFault]) throws {
        let faults = PasswordRules.faults(of: password, user: try user)
        #expect(!Set(faults).isDisjoint(with: expected), "\(password): \(faults)")
    }

    @Test func lengthCountsScalarsAndTheCurrentPasswordIsRefused() throws {
        #expect(PasswordRules.faults(of: "é漢字🏠ééé漢字🏠éz", user: try user) == [])
        let current = "harbour-lantern-42-quiet"
        #expect(PasswordRules.faults(of: current, user: try user, current: current) == [.unchanged])
    }

    @Test func generatedOneTimePasswordsPassAndDiffer() throws {
        var seen: Set<String> = []
        for _ in 0..<200 {
            let password = OneTimePassword.make()
            #expect(PasswordRules.faults(of: password, user: try user) == [], "\(password)")
            #expect(password.count == 24)
            seen.insert(password)
        }
        #expect(seen.count == 200)
    }
}
