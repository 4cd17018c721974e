import API
import CRM
import TestSupport
import Testing

/// Rate limit 429, token 401, role 403, size 413, media type 415, syntax 400, then 422: the first failure answers.
@Suite struct OrderOfChecksTests {
    @Test func eachCheckWaitsForTheOneBefore() async throws {
        var limits = RateLimits()
        limits.generalPerMinute = 8
        limits.authPerMinute = nil
        try await ServerFixture.run(rateLimits: limits) { server in
            try await server.addUser("agent@example.com", role: .agent)
            try await server.addUser("admin@example.com", role: .admin)
            let agent = try await server.token("agent@example.com")
            let admin = try await server.token("admin@example.com")
            let path = "/api/v1/probe/admin"
            let large = [UInt8](repeating: 32, count: (1 << 20) + 1)
            func send(_ token: String?, type: String, _ body: [UInt8]) async throws -> String {
                var headers = ["Content-Type": type]
                if let token { headers["Authorization"] = "Bearer \(token)" }
                let reply = try await server.client.send("POST", path, headers: headers, body: body)
                return "\(reply.status) \(reply.code ?? "")"
            }
            // Everything is wrong at once; mended from the left, one check after the other speaks.
            #expect(try await send(nil, type: "text/plain", large) == "401 unauthenticated")
            #expect(try await send(agent, type: "text/plain", large) == "403 forbidden")
            #expect(try await send(admin, type: "text/plain", large) == "413 payload_too_large")
            #expect(try await send(admin, type: "text/plain", Array("{".utf8)) == "415 unsupported_media_type")
            #expect(try await send(admin, type: "application/json", Array("{".utf8)) == "400 invalid_json")
            #expect(try await send(admin, type: "application/json; charset=UTF-8", Array("{}".utf8)) == "204 ")
            // The anonymous caller has used one of eight.
            for _ in 0..<7 { _ = try await send("forged", type: "text/plain", large.dropLast(1 << 20)) }
            #expect(try await send("forged", type: "text/plain", large) == "429 rate_limited")
            #expect(try await send(admin, type: "application/json", Array("{}".utf8)) == "204 ")
        }
    }

    @Test func rateLimitsShowInHeaders() async throws {
        var limits = RateLimits()
        limits.authPerMinute = 2
        try await ServerFixture.run(rateLimits: limits) { server in
            let replies = [
                try await server.login("nobody@example.com"), try await server.login("nobody@example.com"),
                try await server.login("nobody@example.com"),
            ]
            #expect(replies.map(\.status) == [401, 401, 429])
            #expect(replies.map { $0.headers["ratelimit-limit"] } == ["2", "2", "2"])
            #expect(replies.map { $0.headers["ratelimit-remaining"] } == ["1", "0", "0"])
            let retry = try #require(replies[2].headers["retry-after"].flatMap { Int($0) })
            #expect((1...60).contains(retry) && replies[2].json["retry_after_s"] as? Int == retry)
            #expect(replies[2].headers["ratelimit-reset"] == String(retry))
            let free = try await server.client.send("GET", "/api/v1/probe/cached")
            #expect(free.status == 200 && free.headers["ratelimit-limit"] == nil)
        }
    }

    @Test func twoQuestionsAtOnceUntilTheirStreamsEnd() async throws {
        try await ServerFixture.run { server in
            let port = server.client.port
            let refused = try await server.client.connect { first in
                let second = try HTTPConnection(port: port)
                let third = try HTTPConnection(port: port)
                let request = "GET /api/v1/probe/ai HTTP/1.1\r\nHost: x\r\n\r\n"
                for connection in [first, second] {
                    try connection.send(request)
                    try connection.read(until: "first ")
                }
                try third.send(request)
                let refused = try third.readReply()
                try third.send("POST /api/v1/probe/gate HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                _ = try third.readReply()
                for connection in [first, second] { try connection.read(until: "last") }
                return refused
            }
            #expect(refused.status == 429 && refused.code == "rate_limited")
            #expect(refused.headers["retry-after"] == "1")
            // The places come back when the streams have ended, which their readers may see a moment earlier.
            var status = 0
            for _ in 0..<15 where status != 200 {
                status = try await server.client.send("GET", "/api/v1/probe/ai").status
            }
            #expect(status == 200)
        }
    }
}
