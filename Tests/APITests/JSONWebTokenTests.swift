import CRM
import Foundation
import Store
import TestSupport
import Testing

@testable import API

@Suite struct JSONWebTokenTests {
    private let secret = Array("0123456789abcdef0123456789ABCDEF".utf8)
    private let now = Timestamp(milliseconds: 1_749_893_400_000)

    private func tokens(
        secret: [UInt8]? = nil, issuer: String = "propertypro", audience: String = "api"
    ) -> JSONWebTokens {
        JSONWebTokens(secret: secret ?? self.secret, issuer: issuer, audience: audience, lifetimeSeconds: 900)
    }

    private var user: User {
        get throws {
            User(
                id: "0198b3f0-7a10-7001-8c4d-2f6b9e1a0001", email: try #require(EmailAddress("a@b.c")), firstName: "A",
                lastName: "B", role: .agent, createdAt: now, updatedAt: now)
        }
    }

    private func forge(header: String, payload: String, secret: [UInt8]? = nil) -> String {
        let signed = Base64URL.encode(header.utf8) + "." + Base64URL.encode(payload.utf8)
        return signed + "." + Base64URL.encode(hmacSHA256(Array(signed.utf8), key: secret ?? self.secret))
    }

    private func payload(_ changes: [String: String] = [:], without: String? = nil) -> String {
        var members = [
            "iss": "\"propertypro\"", "aud": "\"api\"", "sub": "\"u\"", "sid": "\"s\"", "role": "\"agent\"",
            "jti": "\"j\"", "iat": "1749893400", "exp": "1749894300",
        ]
        members.merge(changes) { $1 }
        if let without { members[without] = nil }
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    // RFC 7515, appendix A.1: the signature of an independent implementation.
    @Test func signsAsTheStandardDoes() throws {
        let key = try #require(
            Base64URL.decode(
                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow".utf8))
        let signed =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        #expect(
            Base64URL.encode(hmacSHA256(Array(signed.utf8), key: key))
                == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    }

    @Test func acceptsItsOwn() throws {
        let (token, expiresAt) = tokens().issue(user: try user, sessionID: "s1", at: now)
        #expect(expiresAt == now.adding(seconds: 900))
        let claims = try tokens().verify(token, at: now)
        #expect(claims.subject == "0198b3f0-7a10-7001-8c4d-2f6b9e1a0001")
        #expect(claims.sessionID == "s1" && claims.role == "agent" && claims.expiresAtSeconds == 1_749_894_300)
        #expect(try tokens().verify(forge(header: #"{"alg":"HS256"}"#, payload: payload()), at: now).subject == "u")
    }

    @Test func expiresAfterTheSkew() throws {
        let token = tokens().issue(user: try user, sessionID: "s", at: now).token
        _ = try tokens().verify(token, at: now.adding(seconds: 929))
        #expect(throws: TokenError.expired) { try tokens().verify(token, at: now.adding(seconds: 930)) }
        _ = try tokens().verify(token, at: now.adding(seconds: -30))
        #expect(throws: TokenError.issuedInTheFuture) { try tokens().verify(token, at: now.adding(seconds: -31)) }
    }

    @Test(arguments: [
        #"{"alg":"none"}"#, #"{"alg":"HS384"}"#, #"{"alg":"HS512"}"#, #"{"alg":"ES256"}"#, #"{"alg":"RS256"}"#,
        #"{"alg":"hs256"}"#, #"{"alg":["HS256"]}"#, #"{"alg":null}"#, #"{"typ":"JWT"}"#,
    ])
    func refusesOtherAlgorithms(header: String) {
        #expect(throws: TokenError.wrongAlgorithm) {
            try tokens().verify(forge(header: header, payload: payload()), at: now)
        }
    }

    @Test func refusesForgeries() throws {
        let good = tokens().issue(user: try user, sessionID: "s", at: now).token
        let other = tokens(secret: Array("another-secret-another-secret-00".utf8))
        #expect(throws: TokenError.badSignature) {
            try tokens().verify(other.issue(user: user, sessionID: "s", at: now).token, at: now)
        }
        for (issuer, audience) in [("propertypro", "other"), ("other", "api")] {
            #expect(throws: TokenError.wrongIssuerOrAudience) {
                let foreign = tokens(issuer: issuer, audience: audience)
                return try tokens().verify(foreign.issue(user: user, sessionID: "s", at: now).token, at: now)
            }
        }
        let parts = good.split(separator: ".").map(String.init)
        let unsigned = parts[0] + "." + parts[1] + "."
        let none = Base64URL.encode(#"{"alg":"none"}"#.utf8) + "." + parts[1] + "."
        for text in ["", ".", "..", "...", parts[0], parts[0] + "." + parts[1], good + ".x", good + "=", " " + good] {
            #expect(throws: TokenError.malformed) { try tokens().verify(text, at: now) }
        }
        #expect(throws: TokenError.badSignature) { try tokens().verify(unsigned, at: now) }
        #expect(throws: TokenError.wrongAlgorithm) { try tokens().verify(none, at: now) }
        #expect(throws: TokenError.malformed) {
            let header = #"{"alg":"HS256","crit":["b64"],"b64":false}"#
            return try tokens().verify(forge(header: header, payload: payload()), at: now)
        }
        #expect(throws: TokenError.malformed) {
            try tokens().verify(forge(header: #"{"alg":"none","alg":"HS256"}"#, payload: payload()), at: now)
        }
        #expect(throws: TokenError.malformed) {
            try tokens().verify(good + String(repeating: "A", count: 5_000), at: now)
        }
    }

    @Test func everyChangedCharacterIsNoticed() throws {
        let good = Array(tokens().issue(user: try user, sessionID: "s", at: now).token.utf8)
        for index in good.indices where good[index] != 46 {
            var bad = good
            bad[index] = bad[index] == 65 ? 66 : 65
            #expect(throws: TokenError.self, "at \(index)") {
                try tokens().verify(String(decoding: bad, as: UTF8.self), at: now)
            }
        }
        for count in 0..<good.count {
            #expect(throws: TokenError.self, "cut to \(count)") {
                try tokens().verify(String(decoding: good[..<count], as: UTF8.self), at: now)
            }
        }
    }

    @Test func everyClaimIsNeededWithItsType() {
        for claim in ["iss", "aud", "sub", "sid", "role", "jti", "iat", "exp"] {
            #expect(throws: TokenError.malformed, "without \(claim)") {
                try tokens().verify(forge(header: #"{"alg":"HS256"}"#, payload: payload(without: claim)), at: now)
            }
            #expect(throws: TokenError.malformed, "\(claim) as a list") {
                try tokens().verify(forge(header: #"{"alg":"HS256"}"#, payload: payload([claim: "[1]"])), at: now)
            }
        }
        for value in ["9223372036854775807", "-1", "1e12", "\"1749894300\""] {
            #expect(throws: TokenError.malformed, "exp \(value)") {
                try tokens().verify(forge(header: #"{"alg":"HS256"}"#, payload: payload(["exp": value])), at: now)
            }
        }
    }
}
