import CRM
import Foundation
import TestSupport
import Testing

@testable import API

@Suite struct AssistEndpointTests {
    @Test func anAnswerHasTheShapeOfTheContract() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            _ = try await product.ingest(
                try ProductFixture.example("service-charge-guide.pdf"), name: "guide.pdf", token: token)
            let reply = try await product.ask("Who pays the service charge when an apartment is let?", token: token)
            #expect(reply.status == 200)
            #expect(reply.string("status") == "answered")
            #expect(reply.json["grounded"] as? Bool == true)
            let sources = try #require(reply.json["sources"] as? [[String: Any]])
            let cited = try #require(sources.first { $0["cited"] as? Bool == true })
            let location = try #require(cited["location"] as? [String: Any])
            #expect(location["page"] as? Int == 1)
            let quote = try #require(cited["quote"] as? String)
            #expect(quote.contains("owner"))
            let start = try #require(location["char_start"] as? Int)
            let end = try #require(location["char_end"] as? Int)
            #expect(end - start == quote.unicodeScalars.count)
            let marker = try #require(cited["marker"] as? Int)
            #expect(reply.string("answer")?.contains("[\(marker)]") == true)
            let confidence = try #require(reply.json["confidence"] as? Double)
            #expect(confidence > 0 && confidence <= 1)
            for name in ["id", "language", "intent", "confidence_label", "usage", "timings", "model", "created_at"] {
                #expect(reply.json[name] != nil, "\(name)")
            }
        }
    }

    @Test func whatTheDocumentsDoNotHoldIsRefused() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            _ = try await product.ingest(ProductFixture.rents, name: "rents.csv", token: token)
            let reply = try await product.ask("How is sourdough bread baked?", token: token)
            #expect(reply.status == 200)
            #expect(reply.string("status") == "refused" && reply.string("answer") == "")
            #expect((reply.json["refusal"] as? [String: Any])?["reason"] as? String == "no_evidence")
            #expect(reply.json["confidence"] as? Int == 0 && reply.string("confidence_label") == "none")
            // There is no model that could answer without sources, and nothing is made up.
            let free = try await product.ask(
                "How is sourdough bread baked?", token: token, more: #","on_no_evidence":"answer_without_sources""#)
            #expect(free.status == 503 && free.code == "ai_unavailable")
        }
    }

    @Test func filtersOnlyRemoveSources() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let rents = try await product.ingest(
                ProductFixture.rents, name: "rents.csv", token: token,
                fields: [("tags", "rents"), ("document_type", "listing_data")])
            _ = try await product.ingest(
                try ProductFixture.example("tenancy-faq.pdf"), name: "faq.pdf", token: token)
            let id = try #require(rents["id"] as? String)
            func sources(_ filters: String) async throws -> Set<String> {
                let reply = try await product.ask(
                    "annual rent", token: token, more: #","min_score":0,"filters":\#(filters)"#)
                let sources = try #require(reply.json["sources"] as? [[String: Any]], "\(reply.text)")
                return Set(sources.compactMap { $0["title"] as? String })
            }
            #expect(try await sources("{}") == ["rents", "faq"])
            #expect(try await sources(#"{"document_ids":["\#(id)"]}"#) == ["rents"])
            #expect(try await sources(#"{"tags":["RENTS","x"]}"#) == ["rents"])
            #expect(try await sources(#"{"document_types":["listing_data"]}"#) == ["rents"])
            #expect(try await sources(#"{"location":"pearl quay"}"#) == ["rents"])
            #expect(try await sources(#"{"source_types":["property"]}"#) == [])
            #expect(try await sources(#"{"date_to":"2001-01-01"}"#) == [])
        }
    }

    @Test func wrongRequestsAreRefusedWithEveryViolation() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let reply = try await product.client.send(
                "POST", "/api/v1/ai/assist", token: token,
                json: #"""
                    {"question":"  ","top_k":0,"min_score":2,"persona":"pirate","colour":1,
                     "filters":{"date_from":"2025-02-30","tags":"x"}}
                    """#)
            #expect(reply.status == 422)
            #expect(
                Set(reply.violations) == [
                    "/question required", "/top_k out_of_range", "/min_score out_of_range", "/persona unknown_value",
                    "/colour unknown_member", "/filters/date_from invalid_format", "/filters/tags wrong_type",
                ], "\(reply.text)")
            let session = try await product.ask(
                "rent", token: token, more: #","session_id":"0198b3f0-7a19-7091-8c4d-2f6b9e1a0901""#)
            #expect(session.status == 422 && session.code == "unknown_reference")
            for (filters, pointer) in [
                (#"{"document_ids":["0198b3f0-7a19-7091-8c4d-2f6b9e1a0901"]}"#, "/filters/document_ids/0"),
                (#"{"client_id":"0198b3f0-7a19-7091-8c4d-2f6b9e1a0901"}"#, "/filters/client_id"),
            ] {
                let reply = try await product.ask("rent", token: token, more: #","filters":\#(filters)"#)
                #expect(reply.status == 422 && reply.violations == [pointer + " unknown_reference"])
            }
            #expect(try await product.client.send("POST", "/api/v1/ai/assist", json: "{}").status == 401)
        }
    }
}
