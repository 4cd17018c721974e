import CRM
import Foundation
import TestSupport
import Testing

@testable import API

/// ChromaDB's protocol over a real socket. Its own test suite runs by `Tests/Conformance/chroma/run`.
@Suite struct ChromaTests {
    private static let home = "/api/v2/tenants/default_tenant/databases/default_database"

    private func collection(_ product: ProductFixture, _ token: String, _ json: String) async throws -> String {
        let reply = try await product.client.send("POST", Self.home + "/collections", token: token, json: json)
        #expect(reply.status == 200, "\(reply.text)")
        return Self.home + "/collections/" + (try #require(reply.string("id")))
    }

    @Test func recordsAreAddedFoundChangedAndDeleted() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let path = try await collection(
                product, token, #"{"name":"flats","configuration":{"hnsw":{"space":"l2"}},"metadata":{"owner":"x"}}"#)
            func post(_ operation: String, _ json: String) async throws -> HTTPReply {
                try await product.client.send("POST", path + "/" + operation, token: token, json: json)
            }
            let added = try await post(
                "add",
                """
                {"ids":["a","b","c"],"embeddings":[[0,0],[3,4],[6,8]],"documents":["near","far",null],
                 "metadatas":[{"beds":1,"price":1.0},{"beds":2,"tags":["sea","new"]},null]}
                """)
            #expect(added.status == 201 && added.text == "{}")
            let again = try await post("add", #"{"ids":["a"],"embeddings":["AACAPwAAgD8="]}"#)
            #expect(again.status == 201, "\(again.text)")
            let count = try await product.client.send("GET", path + "/count", token: token)
            #expect(count.text == "3")

            let found = try await post("query", #"{"query_embeddings":[[0,0]],"n_results":2}"#)
            #expect(
                found.text == """
                    {"ids":[["a","b"]],"embeddings":null,"documents":[["near","far"]],"uris":null,\
                    "metadatas":[[{"beds":1,"price":1.0},{"beds":2,"tags":["sea","new"]}]],"distances":[[0.0,25.0]],\
                    "include":["documents","metadatas","distances"]}
                    """)
            let filtered = try await post(
                "query",
                #"{"query_embeddings":[[0,0]],"where":{"tags":{"$contains":"sea"}},"where_document":{"$contains":"ar"},"include":[]}"#
            )
            #expect((filtered.json["ids"] as? [[String]]) == [["b"]], "\(filtered.text)")

            let changed = try await post("update", #"{"ids":["a","zz"],"metadatas":[{"beds":null,"view":true},{}]}"#)
            #expect(changed.status == 200)
            let got = try await post("get", #"{"ids":["a"],"include":["metadatas","embeddings"]}"#)
            #expect(
                got.text == """
                    {"ids":["a"],"embeddings":[[0.0,0.0]],"documents":null,"uris":null,\
                    "metadatas":[{"price":1.0,"view":true}],"include":["metadatas","embeddings"]}
                    """)
            let deleted = try await post("delete", #"{"where":{"beds":{"$gte":2}}}"#)
            #expect(deleted.text == #"{"deleted":1}"#)
            #expect(try await post("get", "{}").json["ids"] as? [String] == ["a", "c"])
        }
    }

    @Test func errorsHaveChromasForm() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            func expect(
                _ method: String, _ path: String, _ json: String?, _ status: Int, _ error: String, _ part: String,
                line: Int = #line
            ) async throws {
                let reply = try await product.client.send(method, path, token: token, json: json)
                let isRight = reply.status == status && reply.string("error") == error
                #expect(isRight && reply.string("message")?.contains(part) == true, "line \(line): \(reply.text)")
                #expect(reply.headers["chroma-trace-id"] != nil)
            }
            let flats = try await collection(product, token, #"{"name":"flats"}"#)
            let all = Self.home + "/collections"
            let nobody = all + "/3b0bb4bc-0000-4000-8000-000000000000"
            try await expect("POST", all, #"{"name":"flats"}"#, 409, "ChromaError", "already exists")
            try await expect("POST", all, #"{"name":"x"}"#, 400, "InvalidArgumentError", "3-512 characters")
            try await expect(
                "POST", all, #"{"name":"abc","metadata":{}}"#, 400, "InvalidArgumentError", "cannot be empty")
            try await expect("POST", all, "{", 400, "InvalidArgumentError", "as JSON")
            try await expect("POST", all, "{}", 422, "ChromaError", "missing field `name`")
            try await expect("GET", all + "/absent", nil, 404, "NotFoundError", "Collection [absent] does not exist")
            try await expect("POST", nobody + "/get", "{}", 404, "NotFoundError", "does not exist.")
            try await expect("POST", all + "/zz/get", "{}", 400, "InvalidArgumentError", "not a valid UUID")
            try await expect(
                "POST", flats + "/add", #"{"ids":["a"],"embeddings":[[1],[2]]}"#, 400, "InvalidArgumentError",
                "Inconsistent number")
            try await expect(
                "POST", flats + "/get", #"{"where":{"$near":1}}"#, 400, "InvalidArgumentError", "Invalid where clause")
            try await expect("POST", "/api/v2/reset", nil, 403, "ChromaError", "Reset is disabled")
            let added = try await product.client.send(
                "POST", flats + "/add", token: token, json: #"{"ids":["a"],"embeddings":[[1,2]]}"#)
            #expect(added.status == 201)
            try await expect(
                "POST", flats + "/query", #"{"query_embeddings":[[1]]}"#, 400, "InvalidArgumentError",
                "dimension of 2, got 1")
        }
    }

    @Test func schemasSwitchIndexesOffAndGrow() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let path = try await collection(
                product, token,
                """
                {"name":"flats","schema":{"defaults":{},"keys":{
                 "#document":{"string":{"fts_index":{"enabled":false,"config":{}}}},
                 "#embedding":{"float_list":{"vector_index":{"enabled":true,"config":{"space":"cosine"}}}},
                 "secret":{"string":{"string_inverted_index":{"enabled":false,"config":{}}}}}}}
                """)
            func post(_ operation: String, _ json: String) async throws -> HTTPReply {
                try await product.client.send("POST", path + "/" + operation, token: token, json: json)
            }
            let added = try await post(
                "add",
                """
                {"ids":["a","z"],"embeddings":[[3,4],[0,0]],"documents":["sea",null],
                 "metadatas":[{"secret":"x","beds":2,"tags":["new"]},null]}
                """)
            #expect(added.status == 201, "\(added.text)")
            let refused = try await post("get", #"{"where":{"$or":[{"beds":2},{"secret":"x"}]}}"#)
            #expect(refused.status == 400 && refused.text.contains("metadata key 'secret' with type 'Str'"))
            let noText = try await post(
                "query", ##"{"query_embeddings":[[1,1]],"where":{"#document":{"$contains":"s"}}}"##)
            #expect(noText.status == 400 && noText.text.contains("FTS indexing is disabled"))
            #expect(try await post("get", #"{"where":{"beds":{"$gte":2}}}"#).json["ids"] as? [String] == ["a"])
            // The zero vector is as far as what is orthogonal.
            let found = try await post("query", #"{"query_embeddings":[[3,4]],"include":["distances"]}"#)
            #expect(found.json["distances"] as? [[Double]] == [[0, 1]], "\(found.text)")

            let seen = try await product.client.send("GET", Self.home + "/collections/flats", token: token)
            let keys = try #require((seen.json["schema"] as? [String: Any])?["keys"] as? [String: Any])
            #expect(Set(keys.keys) == ["#document", "#embedding", "secret", "beds", "tags"])
            #expect(seen.text.contains(#""configuration_json":{"hnsw":{"space":"cosine""#))
            for (schema, message) in [
                (#"{"keys":{}}"#, "missing field `defaults`"),
                (##"{"defaults":{},"keys":{"#x":{}}}"##, "reserved for system use"),
                (
                    #"{"defaults":{"float_list":{"vector_index":{"enabled":true,"config":{}}}},"keys":{}}"#,
                    "cannot be enabled by default"
                ),
                (
                    #"{"defaults":{},"keys":{"s":{"sparse_vector":{"sparse_vector_index":{"enabled":true}}}}}"#,
                    "Sparse vector indexing is not enabled in local"
                ),
                (#"{"defaults":7,"keys":{}}"#, "expected a map"),
            ] {
                let reply = try await product.client.send(
                    "POST", Self.home + "/collections", token: token, json: #"{"name":"other","schema":\#(schema)}"#)
                #expect((400...422).contains(reply.status) && reply.text.contains(message), "\(reply.text)")
            }
        }
    }

    @Test func conditionsOnTextsStandAmongOthers() async throws {
        try await ProductFixture.run { product in
            let token = try await product.token(.agent, "agent@example.com")
            let path = try await collection(product, token, #"{"name":"flats"}"#)
            func ids(_ filter: String) async throws -> [String] {
                let reply = try await product.client.send(
                    "POST", path + "/get", token: token, json: #"{"where":\#(filter)}"#)
                return reply.json["ids"] as? [String] ?? ["\(reply.status)"]
            }
            _ = try await product.client.send(
                "POST", path + "/add", token: token,
                json: """
                    {"ids":["a","b","c"],"embeddings":[[1],[2],[3]],"documents":["sea view","sea","park"],
                     "metadatas":[{"n":1},{"n":2},{"n":2}]}
                    """)
            #expect(try await ids(##"{"#document":{"$contains":"sea"}}"##) == ["a", "b"])
            #expect(try await ids(##"{"$and":[{"#document":{"$contains":"sea"}},{"n":2}]}"##) == ["b"])
            #expect(
                try await ids(##"{"$or":[{"#document":{"$regex":"^p"}},{"#document":{"$contains":"view"}}]}"##) == [
                    "a", "c",
                ])
            #expect(try await ids(##"{"$or":[{"#document":{"$contains":"sea"}},{"n":2}]}"##) == ["400"])
        }
    }

    @Test func nobodyGetsInWithoutAToken() async throws {
        try await ProductFixture.run { product in
            let client = try await product.token(.client, "buyer@example.com")
            #expect(try await product.client.send("GET", "/api/v2/heartbeat").status == 200)
            #expect(try await product.client.send("GET", Self.home + "/collections").status == 401)
            #expect(try await product.client.send("GET", Self.home + "/collections", token: client).status == 403)
            let agent = try await product.token(.agent, "agent@example.com")
            let reply = try await product.client.send(
                "GET", Self.home + "/collections", headers: ["X-Chroma-Token": agent])
            #expect(reply.status == 200 && reply.text == "[]")
        }
    }
}
