import CRM
import Foundation
import TestSupport
import Testing

@testable import API

@Suite struct DocumentsTests {
    @Test func anUploadBecomesEvidenceAndComesBackAsItWas() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let bytes = try ProductFixture.example("service-charge-guide.pdf")
            let reply = try await product.upload(
                bytes, name: "../../guide.pdf", token: token,
                fields: [("title", "Guide"), ("tags", "fees"), ("tags", "Owners"), ("document_type", "financial")])
            #expect(reply.status == 202)
            #expect(reply.json["duplicate"] as? Bool == false)
            let uploaded = try #require(reply.json["document"] as? [String: Any])
            let id = try #require(uploaded["id"] as? String)
            #expect(reply.headers["location"] == "/api/v1/documents/\(id)")
            #expect(uploaded["filename"] as? String == "guide.pdf")
            let job = try #require(reply.json["job"] as? [String: Any])
            let jobID = try #require(job["id"] as? String)
            let finished = try await product.finished("/api/v1/jobs/\(jobID)", token: token)
            #expect(finished["status"] as? String == "completed")
            #expect((finished["progress"] as? [String: Any])?["percent"] as? Int == 100)

            let document = try await product.settled(id, token: token)
            #expect(document["status"] as? String == "ready")
            #expect(document["title"] as? String == "Guide")
            #expect(document["tags"] as? [String] == ["fees", "Owners"])
            #expect((document["page_count"] as? Int ?? 0) > 1)
            #expect(document["index_version"] as? Int == 1)
            #expect(document["size_bytes"] as? Int == bytes.count)

            let download = try await product.get("/documents/\(id)/download", token: token)
            #expect(download.body == bytes)
            #expect(download.headers["content-type"] == "application/pdf")
            #expect(download.headers["content-disposition"]?.contains("guide.pdf") == true)
            #expect(download.headers["x-content-type-options"] == "nosniff")

            let chunks = try await product.get("/documents/\(id)/chunks?limit=2", token: token)
            #expect((chunks.json["items"] as? [[String: Any]])?.count == 2)
            #expect(chunks.json["total"] as? Int == document["chunk_count"] as? Int)
            let list = try await product.get(
                "/documents?q=guide&tag=owners&status=ready&sort=-size_bytes", token: token)
            #expect(list.json["total"] as? Int == 1)
        }
    }

    @Test func equalContentIsAnsweredWithTheDocumentThatIsThere() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let other = try await product.token(.agent, "other@example.com")
            let first = try await product.ingest(
                ProductFixture.rents, name: "rents.csv", token: token, fields: [("visibility", "private")])
            let again = try await product.upload(ProductFixture.rents, name: "copy.csv", token: token)
            #expect(again.status == 200)
            #expect(again.json["duplicate"] as? Bool == true)
            #expect((again.json["document"] as? [String: Any])?["id"] as? String == first["id"] as? String)
            let rejected = try await product.upload(
                ProductFixture.rents, name: "copy.csv", token: token, fields: [("on_duplicate", "reject")])
            #expect(rejected.status == 409 && rejected.code == "duplicate")
            #expect(rejected.string("existing_id") == first["id"] as? String)
            // A twin that the caller may not see does not exist for the caller.
            let unseen = try await product.upload(ProductFixture.rents, name: "rents.csv", token: other)
            #expect(unseen.status == 202)
        }
    }

    @Test func wrongFilesGetTheAnswerThatTheContractNames() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0]
            for (bytes, name, status, code) in [
                ([], "a.pdf", 422, "empty_file"), (png, "a.pdf", 415, "unsupported_media_type"),
                (ProductFixture.rents, "a.pdf", 415, "extension_mismatch"),
                (Array("a,b\n1,\0\n".utf8), "a.csv", 415, "unsupported_media_type"),
                ([UInt8](repeating: 65, count: 27 << 20), "a.csv", 413, "payload_too_large"),
            ] as [([UInt8], String, Int, String)] {
                let reply = try await product.upload(bytes, name: name, token: token)
                #expect(reply.status == status && reply.code == code, "\(name): \(reply.text)")
            }
            let corrupt = BuiltProgram.repository + "/Tests/Corrupt/ingest/"
            for (name, code) in [
                ("truncated.pdf", "malformed_file"), ("bomb.docx", "archive_bomb"),
                ("external_entity.docx", "malformed_file"), ("header_only.csv", "empty_text"),
                ("wide.csv", "too_many_columns"),
            ] {
                let bytes = [UInt8](try Data(contentsOf: URL(filePath: corrupt + name)))
                let document = try await product.ingest(bytes, name: name, token: token)
                #expect(document["status"] as? String == "failed")
                #expect((document["error"] as? [String: Any])?["code"] as? String == code, "\(name)")
            }
            #expect(try await product.get("/documents?status=ready", token: token).json["total"] as? Int == 0)
            let incoming = try FileManager.default.contentsOfDirectory(
                atPath: product.installation.dataFolder + "/files/incoming")
            #expect(incoming.isEmpty)
        }
    }

    @Test func wrongFormsAreRefusedWithEveryViolation() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let reply = try await product.upload(
                ProductFixture.rents, name: "a.csv", token: token,
                fields: [
                    ("document_type", "novel"), ("language", "English!"), ("tags", "a,b"),
                    ("visibility", "client_shared"),
                ])
            #expect(reply.status == 422)
            #expect(
                Set(reply.violations) == [
                    "/document_type unknown_value", "/language invalid_format", "/tags/0 invalid_format",
                    "/client_id required",
                ])
            let unknown = try await product.upload(
                ProductFixture.rents, name: "a.csv", token: token, fields: [("colour", "red")])
            #expect(unknown.violations == ["/colour unknown_member"])
            let reference = try await product.upload(
                ProductFixture.rents, name: "a.csv", token: token,
                fields: [("property_id", "0198b3f0-7a19-7091-8c4d-2f6b9e1a0901")])
            #expect(reference.status == 422 && reference.code == "unknown_reference")
            let json = try await product.client.send("POST", "/api/v1/documents/upload", token: token, json: "{}")
            #expect(json.status == 415)
            #expect(try await product.get("/documents", token: token).json["total"] as? Int == 0)
        }
    }

    @Test func privateDocumentsDoNotExistForOthers() async throws {
        try await ProductFixture.run { product in
            let owner = try await product.token(.agent, "owner@example.com")
            let other = try await product.token(.agent, "other@example.com")
            let manager = try await product.token(.manager, "manager@example.com")
            let client = try await product.token(.client, "client@example.com")
            let document = try await product.ingest(
                ProductFixture.rents, name: "rents.csv", token: owner, fields: [("visibility", "private")])
            let id = try #require(document["id"] as? String)
            for token in [other, client] {
                for path in ["/documents/\(id)", "/documents/\(id)/download"] {
                    #expect(try await product.get(path, token: token).status == 404)
                }
                #expect(try await product.get("/documents", token: token).json["total"] as? Int == 0)
                let answer = try await product.ask("What is the annual rent of unit 1204?", token: token)
                #expect((answer.json["sources"] as? [Any])?.isEmpty == true)
                #expect(answer.string("status") == "refused")
            }
            #expect(try await product.get("/documents/\(id)", token: manager).status == 200)
            let job = try #require(document["job_id"] as? String)
            #expect(try await product.get("/jobs/\(job)", token: owner).status == 200)
            #expect(try await product.get("/jobs/\(job)", token: other).status == 404)
            #expect(try await product.get("/jobs/\(job)", token: client).status == 403)
            #expect(try await product.upload(ProductFixture.rents, name: "a.csv", token: client).status == 403)
            #expect(try await product.get("/documents/\(id)/chunks", token: client).status == 403)
        }
    }

    @Test func onlyTheOwnerOrAManagerDeletesAndNothingIsLeft() async throws {
        try await ProductFixture.run { product in
            let owner = try await product.token(.agent, "owner@example.com")
            let other = try await product.token(.agent, "other@example.com")
            let document = try await product.ingest(ProductFixture.rents, name: "rents.csv", token: owner)
            let path = "/api/v1/documents/" + (try #require(document["id"] as? String))
            #expect(try await product.client.send("DELETE", path, token: other).status == 403)
            let stale = try await product.client.send("DELETE", path, token: owner, headers: ["If-Match": "\"v7\""])
            #expect(stale.status == 412 && stale.json["current_version"] as? Int == 1)
            #expect(try await product.client.send("DELETE", path, token: owner).status == 204)
            #expect(try await product.client.send("GET", path, token: owner).status == 404)
            #expect(try await product.ask("annual rent", token: owner).string("status") == "refused")
            let report = try await InstallationCheck(product.installation).run()
            #expect(report.problems == [] && report.vectors == 0)
        }
    }

    @Test func reindexingIsForManagersAndSwitchesTheIndexAsAWhole() async throws {
        try await ProductFixture.run { product in
            let agent = try await product.token(.agent, "agent@example.com")
            let manager = try await product.token(.manager, "manager@example.com")
            let document = try await product.ingest(ProductFixture.rents, name: "rents.csv", token: agent)
            let id = try #require(document["id"] as? String)
            let path = "/api/v1/documents/reindex"
            #expect(try await product.client.send("POST", path, token: agent).status == 403)
            for (body, violation) in [
                (#"{"scope":"documents"}"#, "/document_ids required"),
                (#"{"scope":"all","document_ids":["\#(id)"]}"#, "/document_ids forbidden"),
                (#"{"scope":"some"}"#, "/scope unknown_value"),
            ] {
                let reply = try await product.client.send("POST", path, token: manager, json: body)
                #expect(reply.status == 422 && reply.violations == [violation])
            }
            let unknown = try await product.client.send(
                "POST", path, token: manager,
                json: #"{"scope":"documents","document_ids":["0198b3f0-7a19-7091-8c4d-2f6b9e1a0901"]}"#)
            #expect(unknown.code == "unknown_reference" && unknown.violations == ["/document_ids/0 unknown_reference"])

            let reply = try await product.client.send("POST", path, token: manager, json: #"{"scope":"all"}"#)
            #expect(reply.status == 202 && reply.string("kind") == "document_reindex")
            let job = try await product.finished(try #require(reply.headers["location"]), token: manager)
            #expect(job["status"] as? String == "completed")
            #expect((job["result"] as? [String: Any])?["index_version"] as? Int == 2)
            let after = try await product.get("/documents/\(id)", token: agent).json
            #expect(after["index_version"] as? Int == 2 && after["status"] as? String == "ready")
            let answer = try await product.ask("What is the annual rent of unit 1204?", token: agent)
            #expect(answer.string("answer")?.contains("97000") == true)
        }
    }

    @Test func aCancelledIngestEndsAsFailedAndCanBeRepeated() async throws {
        try await ProductFixture.run { product in
            let agent = try await product.token(.agent, "agent@example.com")
            let manager = try await product.token(.manager, "manager@example.com")
            let rows = (0..<3_000).map { "Coral Mast Tower,\($0),\(90_000 + $0),let" }.joined(separator: "\n")
            let bytes = Array(("building,unit,annual_rent_aed,status\n" + rows).utf8)
            let reply = try await product.upload(bytes, name: "long.csv", token: agent)
            let job = try #require((reply.json["job"] as? [String: Any])?["id"] as? String)
            let id = try #require((reply.json["document"] as? [String: Any])?["id"] as? String)
            let path = "/api/v1/jobs/\(job)"
            #expect(try await product.client.send("POST", path + "/cancel", token: agent).status == 202)
            #expect(try await product.finished(path, token: agent)["status"] as? String == "cancelled")
            let document = try await product.settled(id, token: agent)
            #expect(document["status"] as? String == "failed")
            #expect((document["error"] as? [String: Any])?["code"] as? String == "cancelled")
            let chunks = try await product.get("/documents/\(id)/chunks", token: agent)
            #expect(chunks.status == 409 && chunks.code == "document_not_ready")
            let again = try await product.client.send("POST", path + "/cancel", token: agent)
            #expect(again.status == 409 && again.code == "already_finished")

            let reindex = try await product.client.send(
                "POST", "/api/v1/documents/reindex", token: manager,
                json: #"{"scope":"documents","document_ids":["\#(id)"]}"#)
            let location = try #require(reindex.headers["location"])
            #expect(try await product.client.send("POST", location + "/cancel", token: manager).status == 202)
            #expect(try await product.finished(location, token: manager)["status"] as? String == "cancelled")
            let after = try await product.get("/documents/\(id)", token: agent)
            #expect(after.string("status") == "failed", "\(after.text)")
        }
    }

    /// Fifty equal uploads at once made two documents.
    @Test func ofEqualUploadsAtTheSameTimeOneIsLetIn() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let replies = try await withThrowingTaskGroup(of: HTTPReply.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await product.upload(ProductFixture.rents, name: "rents.csv", token: token) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies.count { $0.status == 202 } == 1)
            #expect(replies.count { $0.status == 200 } == 19)
            let ids = replies.compactMap { ($0.json["document"] as? [String: Any])?["id"] as? String }
            #expect(Set(ids).count == 1)
        }
    }

    @Test func everyFieldOfTheContractFitsAndALongNameKeepsItsExtension() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let tags = (0..<30).map { ("tags", "tag \($0)") }
            let long = String(repeating: "a", count: 300)
            let reply = try await product.upload(
                ProductFixture.rents, name: long + ".csv", token: token,
                fields: tags + [
                    ("title", "T"), ("document_type", "other"), ("visibility", "private"), ("language", "en"),
                    ("on_duplicate", "reject"),
                ])
            #expect(reply.status == 202, "\(reply.text)")
            let name = (reply.json["document"] as? [String: Any])?["filename"] as? String
            #expect(name?.hasSuffix(".csv") == true && name?.count == 255)
            let wrong = try await product.upload(ProductFixture.rents, name: long + ".pdf", token: token)
            #expect(wrong.status == 415 && wrong.code == "extension_mismatch")
        }
    }
}
