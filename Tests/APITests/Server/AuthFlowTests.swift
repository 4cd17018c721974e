import API
import CRM
import Store
import TestSupport
import Testing

@Suite struct AuthFlowTests {
    @Test func theWholeFlow() async throws {
        try await ServerFixture.run { server in
            let user = try await server.addNewUser()
            let login = try await server.login("LAYLA.HADDAD@example.com", password: ServerFixture.password)
            #expect(login.status == 200)
            #expect(login.headers["content-type"] == "application/json")
            #expect(login.headers["cache-control"] == "no-store")
            #expect(login.string("token_type") == "Bearer" && login.json["expires_in"] as? Int == 900)
            #expect(login.string("expires_at") == "2025-06-14T09:45:00.000Z")
            #expect(login.string("refresh_expires_at") == "2025-06-21T09:30:00.000Z")
            let account = login.json["user"] as? [String: Any]
            #expect(account?["id"] as? String == user.id)
            #expect(account?["must_change_password"] as? Bool == true)
            #expect(
                account?.keys.sorted() == [
                    "created_at", "email", "first_name", "id", "last_login_at", "last_name", "must_change_password",
                    "role",
                    "status", "updated_at", "version",
                ])
            let token = try #require(login.string("access_token"))

            // Before the change only three operations answer.
            let me = try await server.client.send("GET", "/api/v1/auth/me", token: token)
            #expect(me.status == 200 && me.headers["etag"] == "\"v1\"")
            let blocked = try await server.client.send("POST", "/api/v1/probe/admin", token: token, json: "{}")
            #expect(blocked.status == 403 && blocked.code == "forbidden")
            let change = try await server.client.send(
                "POST", "/api/v1/auth/change-password", token: token,
                json: #"{"current_password":"\#(ServerFixture.password)","new_password":"nine blue herons wade"}"#)
            #expect(change.status == 204 && change.body.isEmpty)
            let after = try await server.client.send("GET", "/api/v1/auth/me", token: token)
            #expect(after.json["must_change_password"] as? Bool == false && after.headers["etag"] == "\"v2\"")

            // Rotation: the second use within ten seconds is a race, later it is theft.
            let refresh = try #require(login.string("refresh_token"))
            let body = #"{"refresh_token":"\#(refresh)"}"#
            let next = try await server.client.send("POST", "/api/v1/auth/refresh", json: body)
            #expect(next.status == 200 && next.string("session_id") == login.string("session_id"))
            #expect(next.string("refresh_token") != refresh)
            let raced = try await server.client.send("POST", "/api/v1/auth/refresh", json: body)
            #expect(raced.status == 409 && raced.code == "refresh_superseded")
            server.clock.advance(seconds: 11)
            let reused = try await server.client.send("POST", "/api/v1/auth/refresh", json: body)
            #expect(reused.status == 401 && reused.code == "token_reused")
            let ended = try await server.client.send("GET", "/api/v1/auth/me", token: next.string("access_token"))
            #expect(ended.status == 401 && ended.code == "token_revoked")
            #expect(ended.headers["www-authenticate"]?.contains("invalid_token") == true)
        }
    }

    @Test func aOneTimePasswordOpensNothingElse() async throws {
        try await ServerFixture.run { server in
            try await server.addNewUser(role: .admin)
            let login = try await server.login(password: ServerFixture.password)
            let token = try #require(login.string("access_token"))
            let blocked = try await server.client.send("POST", "/api/v1/probe/admin", token: token, json: "{}")
            #expect(blocked.status == 403 && blocked.code == "password_change_required")
            let logout = try await server.client.send("POST", "/api/v1/auth/logout", token: token)
            #expect(logout.status == 204)
        }
    }

    @Test func logoutEndsOneSessionOrAll() async throws {
        try await ServerFixture.run { server in
            try await server.addUser()
            let tokens = [try await server.token(), try await server.token(), try await server.token()]
            let first = try await server.client.send("POST", "/api/v1/auth/logout", token: tokens[0])
            #expect(first.status == 204)
            #expect(try await server.client.send("GET", "/api/v1/auth/me", token: tokens[0]).code == "token_revoked")
            #expect(try await server.client.send("GET", "/api/v1/auth/me", token: tokens[1]).status == 200)
            let all = try await server.client.send(
                "POST", "/api/v1/auth/logout", token: tokens[1], json: #"{"all_sessions":true}"#)
            #expect(all.status == 204)
            for token in tokens {
                let reply = try await server.client.send("POST", "/api/v1/auth/logout", token: token)
                #expect(reply.status == 401 && reply.code == "token_revoked")
            }
        }
    }

    @Test func wrongPasswordsAndUnknownAddressesLookAlikeAndLockAlike() async throws {
        try await ServerFixture.run { server in
            try await server.addUser()
            var answers: [[String]] = []
            for email in ["layla.haddad@example.com", "nobody@example.com"] {
                var seen: [String] = []
                for _ in 0..<6 {
                    let reply = try await server.login(email, password: "wrong-lantern-17")
                    seen.append("\(reply.status) \(reply.code ?? "") \(reply.string("detail") ?? "")")
                    if reply.status == 429 { #expect(reply.headers["retry-after"] == "900") }
                }
                answers.append(seen)
            }
            #expect(answers[0] == answers[1])
            #expect(answers[0].dropLast().allSatisfy { $0.hasPrefix("401 invalid_credentials") })
            #expect(answers[0].last?.hasPrefix("429 account_locked") == true)
        }
    }

    @Test func changePasswordNamesItsFaults() async throws {
        try await ServerFixture.run { server in
            try await server.addUser()
            let token = try await server.token()
            let path = "/api/v1/auth/change-password"
            func change(_ current: String, _ new: String) async throws -> HTTPReply {
                try await server.client.send(
                    "POST", path, token: token, json: #"{"current_password":"\#(current)","new_password":"\#(new)"}"#)
            }
            let wrong = try await change("not this one either", "seven red kites soar")
            #expect(wrong.status == 401 && wrong.code == "invalid_credentials")
            let common = try await change(ServerFixture.changedPassword, "password1234")
            #expect(common.status == 422 && common.code == "password_rejected")
            #expect(common.violations == ["/new_password common"])
            let short = try await change(ServerFixture.changedPassword, "short")
            #expect(short.status == 422 && short.violations == ["/new_password too_short"])
        }
    }

    @Test func forgedTokensAreRefused() async throws {
        try await ServerFixture.run { server in
            let user = try await server.addUser()
            let login = try await server.login()
            let session = try #require(login.string("session_id"))
            let good = try #require(login.string("access_token"))
            let now = server.clock.now
            func tokens(_ secret: String, audience: String = "api") -> String {
                JSONWebTokens(
                    secret: Array(secret.utf8), issuer: "propertypro", audience: audience, lifetimeSeconds: 900
                ).issue(user: user, sessionID: session, at: now).token
            }
            let parts = good.split(separator: ".").map(String.init)
            let none = Base64URL.encode(#"{"alg":"none","typ":"JWT"}"#.utf8)
            let forged = [
                tokens("another-secret-another-secret-00"),
                tokens("0123456789abcdef0123456789ABCDEF", audience: "other"),
                "\(none).\(parts[1]).", "\(none).\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1])",
                String(good.dropLast()), "x", "..",
            ]
            for token in forged {
                let reply = try await server.client.send("GET", "/api/v1/auth/me", token: token)
                #expect(reply.status == 401 && reply.code == "unauthenticated", "\(token)")
                #expect(reply.headers["www-authenticate"]?.contains("error=\"invalid_token\"") == true)
            }
            // Another user's session under the own name.
            let other = try await server.addUser("omar@example.com")
            let stolen = server.tokens.issue(user: other, sessionID: session, at: now).token
            #expect(try await server.client.send("GET", "/api/v1/auth/me", token: stolen).status == 401)
            let unknown = server.tokens.issue(user: user, sessionID: UUIDv7.make(at: now), at: now).token
            #expect(try await server.client.send("GET", "/api/v1/auth/me", token: unknown).code == "token_revoked")
            for field in ["", "Basic YTpi", "Bearer", "Bearer \(good) x", good] {
                let reply = try await server.client.send(
                    "GET", "/api/v1/auth/me", headers: field.isEmpty ? [:] : ["Authorization": field], json: nil)
                #expect(reply.status == 401 && reply.code == "unauthenticated", "\(field)")
            }
            server.clock.advance(seconds: 930)
            let expired = try await server.client.send("GET", "/api/v1/auth/me", token: good)
            #expect(expired.status == 401 && expired.code == "token_expired")
        }
    }
}
