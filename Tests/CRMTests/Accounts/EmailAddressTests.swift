import CRM
import Testing

@Suite struct EmailAddressTests {
    @Test(arguments: [
        "a@b", " layla.haddad@example.com\n", "x+tag@sub.example.co.uk", "موقع@مثال.إختبار", "o'neil@ex-ample.com",
    ])
    func accepts(text: String) {
        #expect(EmailAddress(text) != nil)
    }

    @Test(arguments: [
        "", "a@", "@b", "ab", "a@b@c", "a b@c.de", "a@b..c", ".a@b.c", "a.@b.c", "a@-b.c", "a@b.c\r\nBcc: x@y.z",
        "a@b.c\u{0}", "<a@b.c>", "\"a\"@b.c", "a,b@c.d",
    ])
    func refuses(text: String) {
        #expect(EmailAddress(text) == nil)
    }

    @Test func boundsTheLength() {
        #expect(EmailAddress(String(repeating: "a", count: 64) + "@b.cd") != nil)
        #expect(EmailAddress(String(repeating: "a", count: 65) + "@b.cd") == nil)
        #expect(EmailAddress("a@" + String(repeating: "abcdefghi.", count: 26) + "com") == nil)
    }

    @Test func comparesWithoutCaseAfterNFC() {
        #expect(EmailAddress("Zoe\u{301}@Example.COM") == EmailAddress("zoé@example.com"))
        #expect(EmailAddress("A@b.c")?.text == "A@b.c")
    }
}
