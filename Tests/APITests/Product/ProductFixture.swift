import CRM
import Foundation
import Store
import TestSupport
import Testing
import Threads

@testable import API

/// The whole product on a free loopback port and an empty data folder: real model, real reader, real jobs.
struct ProductFixture {
    let client: HTTPClient
    let installation: Installation
    private let server: APIServer

    static func run(_ body: (ProductFixture) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        var configuration = try Configuration(environment: ["PROPERTYPRO_LOG_LEVEL": "critical"])
        configuration.port = 0
        configuration.rateLimits.generalPerMinute = nil
        configuration.rateLimits.uploadPerMinute = nil
        configuration.rateLimits.aiPerMinute = nil
        configuration.rateLimits.heavyPerMinute = nil
        configuration.rateLimits.authPerMinute = nil
        let installation = try await Installation.open(
            dataFolder: folder.path + "/data", modelFolder: BuiltProgram.modelFolder, purpose: "a test",
            readerProgram: try #require(BuiltProgram.path, "the program is not built beside the tests"))
        let server = APIServer(configuration: configuration, installation: installation)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let running = Task { try await server.run { port.yield($0) } }
        var bound: Int?
        for await number in ports {
            bound = number
            break
        }
        let fixture = ProductFixture(
            client: HTTPClient(port: try #require(bound)), installation: installation, server: server)
        do {
            try await body(fixture)
        } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        running.cancel()
        _ = await running.result
        try await installation.close()
    }

    /// A token of a new user with this role.
    func token(_ role: Role, _ email: String) async throws -> String {
        let address = try #require(EmailAddress(email))
        let new = NewUser(email: address, firstName: "Test", lastName: "User", role: role)
        let created = try await server.accounts.createUser(new, origin: .program)
        let signedIn = try await server.accounts.signIn(
            email: address, password: created.oneTimePassword, deviceName: nil, origin: .program)
        let password = "seven quiet herons wade"
        try await server.accounts.changePassword(
            userID: created.user.id, sessionID: signedIn.session.id, current: created.oneTimePassword, new: password,
            origin: .program)
        let reply = try await client.send(
            "POST", "/api/v1/auth/login", json: #"{"email":"\#(email)","password":"\#(password)"}"#)
        return try #require(reply.string("access_token"))
    }

    /// Uploads a file with form fields.
    func upload(
        _ bytes: [UInt8], name: String, token: String, fields: [(String, String)] = []
    ) async throws -> HTTPReply {
        let boundary = "----propertypro-test-boundary"
        var body: [UInt8] = []
        for (field, value) in fields {
            body += Array(
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field)\"\r\n\r\n\(value)\r\n".utf8)
        }
        body += Array(
            """
            --\(boundary)\r\nContent-Disposition: form-data; name="file"; filename="\(name)"\r
            Content-Type: application/octet-stream\r\n\r\n
            """.utf8)
        body += bytes + Array("\r\n--\(boundary)--\r\n".utf8)
        return try await client.send(
            "POST", "/api/v1/documents/upload",
            headers: [
                "Authorization": "Bearer \(token)", "Content-Type": "multipart/form-data; boundary=\(boundary)",
            ], body: body)
    }

    /// Uploads and waits until the document is settled. Returns it.
    func ingest(
        _ bytes: [UInt8], name: String, token: String, fields: [(String, String)] = []
    ) async throws -> [String: Any] {
        let reply = try await upload(bytes, name: name, token: token, fields: fields)
        #expect(reply.status == 202, "\(reply.text)")
        let document = try #require(reply.json["document"] as? [String: Any])
        return try await settled(try #require(document["id"] as? String), token: token)
    }

    func settled(_ id: String, token: String) async throws -> [String: Any] {
        for _ in 0..<600 {
            let document = try await get("/documents/\(id)", token: token).json
            if let status = document["status"] as? String, ["ready", "failed", "needs_ocr"].contains(status) {
                return document
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("document \(id) was not settled within a minute")
        return [:]
    }

    func get(_ path: String, token: String) async throws -> HTTPReply {
        try await client.send("GET", "/api/v1" + path, token: token)
    }

    func ask(_ question: String, token: String, more: String = "") async throws -> HTTPReply {
        try await client.send(
            "POST", "/api/v1/ai/assist", token: token, json: #"{"question":"\#(question)"\#(more)}"#)
    }

    /// Polls a job until it has ended.
    func finished(_ location: String, token: String) async throws -> [String: Any] {
        for _ in 0..<600 {
            let job = try await client.send("GET", location, token: token).json
            if let status = job["status"] as? String, ["completed", "failed", "cancelled"].contains(status) {
                return job
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("job \(location) did not end within a minute")
        return [:]
    }

    static func example(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: BuiltProgram.example(name))))
    }

    static let rents = Array(
        """
        building,unit,annual_rent_aed,status
        Coral Mast Tower,1203,95000,let
        Coral Mast Tower,1204,97000,vacant
        Pearl Quay House,7,180000,let
        """.utf8)
}
