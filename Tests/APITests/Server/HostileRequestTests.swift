import API
import CRM
import TestSupport
import Testing

@Suite struct HostileRequestTests {
    private let path = "/api/v1/probe/json"

    @Test func hostileJSONIsRefused() async throws {
        try await ServerFixture.run { server in
            for (body, expected) in [
                (#"{"name":"x"}"#, "201 "),
                ("", "400 invalid_json"),
                (#"{"name":"x""#, "400 invalid_json"),
                (#"{"name":"x","name":"y"}"#, "400 invalid_json"),
                (String(repeating: "[", count: 500_000), "400 invalid_json"),
                (String(repeating: #"{"a":"#, count: 10_000), "400 invalid_json"),
                (#"[]"#, "422 validation_failed"),
                (#"{"name":null}"#, "422 validation_failed"),
                (#"{"name":"x","other":1}"#, "422 validation_failed"),
                (#"{"name":"a\u0000b"}"#, "422 validation_failed"),
            ] {
                let reply = try await server.client.send("POST", path, json: body)
                #expect("\(reply.status) \(reply.code ?? "")" == expected, "\(body.prefix(40))")
            }
        }
    }

    @Test func aChunkedBodyStopsAtTheLimit() async throws {
        try await ServerFixture.run { server in
            let head =
                "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
            let reply = try await server.client.connect { connection in
                try connection.send(head)
                // One more than the limit, and no end: the answer must not wait for it.
                for _ in 0..<17 {
                    try connection.send("10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n")
                }
                return try connection.readReply()
            }
            #expect(reply.status == 413 && reply.code == "payload_too_large")
            #expect(reply.headers["connection"] == "close")
        }
    }

    @Test func aDeclaredGiantIsAnsweredBeforeItComes() async throws {
        try await ServerFixture.run { server in
            let path = path
            let reply = try await server.client.connect { connection in
                try connection.send(
                    "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 99999999999\r\n\r\n")
                return try connection.readReply()
            }
            #expect(reply.status == 413)
            // A client that sends everything before it listens still gets the answer.
            let large = try await server.client.send(
                "POST", path, headers: ["Content-Type": "application/json"],
                body: [UInt8](repeating: 32, count: 12 << 20))
            #expect(large.status == 413)
        }
    }

    @Test func aClientThatAsksFirstIsToldToContinueOnlyIfItsBodyIsWanted() async throws {
        try await ServerFixture.run { server in
            let path = path
            let head =
                "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nExpect: 100-continue\r\nContent-Type: "
            let replies = try await server.client.connect { connection in
                try connection.send(head + "application/json\r\n\r\n")
                let interim = try connection.readReply()
                try connection.send(#"{"name":"x"}"#)
                let wanted = try connection.readReply()
                try connection.send(head + "text/plain\r\n\r\n")
                let refused = try connection.readReply()
                return [interim, wanted, refused]
            }
            #expect(replies.map(\.status) == [100, 201, 415])
            #expect(replies[2].headers["connection"] == "close")
        }
    }

    @Test func connectionsAreKeptAfterSmallRefusals() async throws {
        try await ServerFixture.run { server in
            let path = path
            let statuses = try await server.client.connect { connection in
                try (0..<3).map { _ in
                    try connection.send(
                        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                            + "Content-Length: 5\r\n\r\nhello")
                    return try connection.readReply().status
                }
            }
            #expect(statuses == [415, 415, 415])
        }
    }

    @Test func headersHaveLimits() async throws {
        try await ServerFixture.run { server in
            let many = (0..<150).map { "X-\($0): 1\r\n" }.joined()
            let large = "X-Large: " + String(repeating: "x", count: 40_000) + "\r\n"
            let contradiction = "Content-Length: 1\r\nContent-Length: 2\r\n"
            for fields in [many, large, contradiction, "Content-Length: -1\r\n", "bad\r\n"] {
                let status = try await server.client.connect { connection -> Int? in
                    try connection.send("GET /api/v1/probe/cached HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
                    return try? connection.readReply().status
                }
                #expect(status == 400 || status == 431 || status == nil, "\(fields.prefix(30)): \(status ?? 0)")
            }
            #expect(try await server.client.send("GET", "/api/v1/probe/cached").status == 200)
        }
    }

    @Test func silentConnectionsAreClosed() async throws {
        var limits = ServerLimits()
        limits.idleSeconds = 1
        try await ServerFixture.run(limits: limits) { server in
            let path = path
            let head = "POST \(path) HTTP/1.1\r\nHost: x\r\n"
            for text in ["", String(head.dropLast(8)), head + "Content-Length: 9\r\n\r\n{"] {
                let rest = try await server.client.connect { connection in
                    try connection.send(text)
                    return try connection.readToEnd()
                }
                #expect(!String(decoding: rest, as: UTF8.self).contains("201"), "\(text)")
            }
        }
    }

    // MARK: Multipart

    private func form(_ file: [UInt8], boundary: String = "XyZ") -> [UInt8] {
        Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nGuide\r\n".utf8)
            + Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n".utf8)
            + file + Array("\r\n--\(boundary)--\r\n".utf8)
    }

    @Test func uploadsStreamInWhateverPieces() async throws {
        try await ServerFixture.run { server in
            var random = SeededGenerator(seed: 51)
            let file = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }
            let body = form(file)
            let cuts = (0..<40).map { _ in Int.random(in: 1..<body.count, using: &random) }.sorted() + [body.count]
            let reply = try await server.client.connect { connection in
                try connection.send(
                    "POST /api/v1/probe/upload HTTP/1.1\r\nHost: x\r\n"
                        + "Content-Type: multipart/form-data; boundary=XyZ\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n")
                var start = 0
                for end in cuts where end > start {
                    try connection.send("\(String(end - start, radix: 16))\r\n")
                    try connection.send(Array(body[start..<end]) + [13, 10])
                    start = end
                }
                try connection.send("0\r\n\r\n")
                return try connection.readReply()
            }
            #expect(reply.status == 200 && reply.json["bytes"] as? Int == file.count)
            #expect(reply.string("sha256") == hexadecimal(SHA256.hash(file)))
            #expect(reply.json["fields"] as? [String: String] == ["title": "Guide"])
        }
    }

    @Test func hostileFormsAreRefused() async throws {
        try await ServerFixture.run { server in
            let good = form([1, 2, 3])
            let large = form([UInt8](repeating: 0, count: (1 << 20) + 1))
            for (type, body, expected) in [
                ("multipart/form-data; boundary=XyZ", good, "200 "),
                ("multipart/form-data; boundary=XyZ", Array(good.dropLast(6)), "400 invalid_parameter"),
                ("multipart/form-data; boundary=other", good, "400 invalid_parameter"),
                ("multipart/form-data", good, "400 invalid_parameter"),
                ("multipart/form-data; boundary=\"\"", good, "400 invalid_parameter"),
                ("multipart/mixed; boundary=XyZ", good, "415 unsupported_media_type"),
                ("application/json", good, "415 unsupported_media_type"),
                ("multipart/form-data; boundary=XyZ", large, "413 payload_too_large"),
                ("text/plain", [UInt8](repeating: 0, count: 3 << 20), "413 payload_too_large"),
            ] {
                let reply = try await server.client.send(
                    "POST", "/api/v1/probe/upload", headers: ["Content-Type": type], body: body)
                #expect("\(reply.status) \(reply.code ?? "")" == expected, "\(type)")
            }
        }
    }

    @Test func anUploadCutOffInTheMiddleLeavesTheServerRunning() async throws {
        try await ServerFixture.run { server in
            let start = form([UInt8](repeating: 7, count: 100_000)).prefix(50_000)
            _ = try await server.client.connect { connection in
                try connection.send(
                    "POST /api/v1/probe/upload HTTP/1.1\r\nHost: x\r\n"
                        + "Content-Type: multipart/form-data; boundary=XyZ\r\n"
                        + "Content-Length: 100200\r\n\r\n")
                try connection.send(Array(start))
                connection.finishSending()
                return try connection.readToEnd()
            }
            #expect(try await server.client.send("GET", "/api/v1/probe/cached").status == 200)
            #expect(!server.log.all.contains { $0.contains(#""status":200"#) && $0.contains("upload") })
        }
    }
}
