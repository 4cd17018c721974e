import API
import TestSupport
import Testing

/// What every answer has in common.
@Suite struct EnvelopeTests {
    @Test func unknownPathsAndMethodsAreProblems() async throws {
        try await ServerFixture.run { server in
            for path in ["/", "/api/v1", "/api/v1/nothing", "/api/v1/auth/me/x", "/api/v1/%00", "/api/v1/probe/../x"] {
                let reply = try await server.client.send("GET", path)
                #expect(reply.status == 404 && reply.code == "not_found", "\(path)")
                #expect(reply.headers["content-type"] == "application/problem+json")
                #expect(reply.string("type") == "urn:propertypro:problem:not_found")
                #expect(reply.string("title") == "Not found" && reply.json["status"] as? Int == 404)
                #expect(reply.string("request_id") == reply.headers["x-request-id"])
                #expect(reply.headers["x-content-type-options"] == "nosniff")
            }
            for (method, path, allow) in [
                ("GET", "/api/v1/auth/login", "POST"), ("DELETE", "/api/v1/auth/me", "GET, HEAD"),
                ("PATCH", "/api/v1/probe/items/1", "DELETE, GET, HEAD"), ("OPTIONS", "/api/v1/auth/me", "GET, HEAD"),
                ("PROPFIND", "/api/v1/auth/me", "GET, HEAD"),
            ] {
                let reply = try await server.client.send(method, path)
                #expect(reply.status == 405 && reply.code == "method_not_allowed", "\(method) \(path)")
                #expect(reply.headers["allow"] == allow)
            }
            let head = try await server.client.send("HEAD", "/api/v1/probe/cached")
            #expect(head.status == 200 && head.headers["cache-control"] == "max-age=5")
        }
    }

    @Test func requestIDsAreKeptOrMade() async throws {
        try await ServerFixture.run { server in
            let kept = try await server.client.send(
                "GET", "/api/v1/auth/me", headers: ["X-Request-Id": "trace-0001"], json: nil)
            #expect(kept.headers["x-request-id"] == "trace-0001" && kept.string("request_id") == "trace-0001")
            let made = try await server.client.send(
                "GET", "/api/v1/auth/me", headers: ["X-Request-Id": "bad id"], json: nil)
            #expect(made.headers["x-request-id"]?.hasPrefix("req_") == true)
            let line = try #require(server.log.all.first { $0.contains("trace-0001") })
            #expect(line.contains(#""path":"/api/v1/auth/me""#) && line.contains(#""status":401"#))
            #expect(line.contains(#""code":"unauthenticated""#))
        }
    }

    @Test func unexpectedErrorsShowNothingAndAreLogged() async throws {
        try await ServerFixture.run { server in
            let reply = try await server.client.send("GET", "/api/v1/probe/failure")
            #expect(reply.status == 500 && reply.code == "internal_error")
            #expect(!reply.text.contains("password") && !reply.text.contains("Unexpected"))
            let id = try #require(reply.headers["x-request-id"])
            #expect(server.log.all.contains { $0.contains(id) && $0.contains("unexpected error") })
        }
    }

    @Test func pathsAndQueriesAreChecked() async throws {
        try await ServerFixture.run { server in
            let id = "0198b3f0-7a10-7001-8c4d-2f6b9e1a0001"
            let good = try await server.client.send("GET", "/api/v1/probe/items/\(id.uppercased())?limit=7")
            #expect(good.status == 200 && good.json["items"] as? [String] == [id] && good.json["limit"] as? Int == 7)
            #expect(good.json["has_more"] as? Bool == false)
            let bad = try await server.client.send("GET", "/api/v1/probe/items/7")
            #expect(bad.status == 400 && bad.code == "invalid_parameter" && bad.violations == ["id invalid_format"])
            let unknown = try await server.client.send("GET", "/api/v1/probe/items/\(id)?page=2")
            #expect(unknown.code == "unknown_parameter" && unknown.violations == ["page unknown_parameter"])
        }
    }

    @Test func onlyConfiguredOriginsAreShared() async throws {
        try await ServerFixture.run(origins: ["https://crm.example"]) { server in
            let path = "/api/v1/auth/login"
            let preflight = try await server.client.send(
                "OPTIONS", path,
                headers: ["Origin": "https://crm.example", "Access-Control-Request-Method": "POST"], json: nil)
            #expect(preflight.status == 204)
            #expect(preflight.headers["access-control-allow-origin"] == "https://crm.example")
            #expect(preflight.headers["access-control-allow-headers"]?.contains("Authorization") == true)
            let reply = try await server.client.send(
                "POST", path, headers: ["Origin": "https://crm.example"], json: "{}")
            #expect(reply.status == 422 && reply.headers["vary"] == "Origin")
            #expect(reply.headers["access-control-expose-headers"]?.contains("X-Request-Id") == true)
            let foreign = try await server.client.send(
                "OPTIONS", path,
                headers: ["Origin": "https://evil.example", "Access-Control-Request-Method": "POST"], json: nil)
            #expect(foreign.status == 405 && foreign.headers["access-control-allow-origin"] == nil)
        }
    }

    @Test func runningRequestsFinishWhenTheServerStops() async throws {
        try await ServerFixture.run { server in
            let port = server.client.port
            let (gate, stop) = (server.gate, server.stop)
            async let slow = server.client.send("GET", "/api/v1/probe/slow")
            _ = try await server.client.send("GET", "/api/v1/probe/started")
            await stop()
            // The listening socket closes a moment later; until then requests are still served.
            let isRefused = await Self.isRefused(port: port, attempts: 2_000)
            #expect(isRefused)
            await gate.open()
            let reply = try await slow
            #expect(reply.status == 200 && reply.text == "\"done\"")
        }
    }

    private static func isRefused(port: Int, attempts: Int) async -> Bool {
        for _ in 0..<attempts {
            do {
                _ = try await HTTPClient(port: port).send("GET", "/api/v1/probe/cached")
            } catch { return true }
        }
        return false
    }
}
