import Testing

@testable import API

@Suite struct RequestIDTests {
    @Test func keepsSafeInboundIdentifiers() {
        #expect(RequestIDMiddleware.requestID(inbound: "abc-DEF_1.2") == "abc-DEF_1.2")
        let long = String(repeating: "a", count: 64)
        #expect(RequestIDMiddleware.requestID(inbound: long) == long)
    }

    @Test(arguments: [nil, "", "1234567", String(repeating: "a", count: 65), "bad id 12", "a\"}<script>", "éééééééé"])
    func replacesEverythingElse(inbound: String?) {
        let id = RequestIDMiddleware.requestID(inbound: inbound)
        #expect(id.hasPrefix("req_") && id.count == 20)
        #expect(id != RequestIDMiddleware.requestID(inbound: inbound))
    }

    @Test func believesForwardedAddressesOnlyOfTrustedProxies() {
        #expect(RequestIDMiddleware.client(forwardedFor: "1.1.1.1, 2.2.2.2", trustedProxies: 0) == nil)
        #expect(RequestIDMiddleware.client(forwardedFor: "1.1.1.1, 2.2.2.2", trustedProxies: 1) == "2.2.2.2")
        #expect(RequestIDMiddleware.client(forwardedFor: "1.1.1.1, 2.2.2.2", trustedProxies: 2) == "1.1.1.1")
        #expect(RequestIDMiddleware.client(forwardedFor: "1.1.1.1", trustedProxies: 2) == nil)
    }
}
