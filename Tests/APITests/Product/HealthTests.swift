import CRM
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import API

@Suite struct HealthEndpointTests {
    @Test func healthTellsNoInternalsAndDetailsTellEverything() async throws {
        try await ProductFixture.run { product in
            let reply = try await product.client.send("GET", "/api/v1/health")
            #expect(reply.status == 200 && reply.string("status") == "ok")
            #expect(Set(reply.json.keys) == ["status", "version", "uptime_s", "timestamp"])
            #expect(try await product.client.send("GET", "/api/v1/health/details").status == 401)
            let agent = try await product.token(.agent, "agent@example.com")
            #expect(try await product.get("/health/details", token: agent).status == 403)
            let manager = try await product.token(.manager, "manager@example.com")
            let details = try await product.get("/health/details", token: manager)
            #expect(details.status == 200)
            let components = try #require(details.json["components"] as? [[String: Any]])
            let names = components.compactMap { $0["name"] as? String }
            #expect(
                Set(names) == ["database", "queue", "storage", "vector_store", "search_index", "embedding", "disk"])
            for component in components where component["required"] as? Bool == true {
                #expect(component["status"] as? String == "ok", "\(component)")
            }
            #expect((details.json["schema_version"] as? Int ?? 0) >= 4)
        }
    }

    @Test func theContractNamesExactlyWhatIsServed() async throws {
        try await ProductFixture.run { product in
            let reply = try await product.client.send("GET", "/api/v1/openapi.json")
            #expect(reply.status == 200)
            let paths = try #require(reply.json["paths"] as? [String: [String: Any]])
            let documented = Set(
                paths.flatMap { path, operations in
                    operations.keys.filter { $0 != "parameters" }.map { "\($0.uppercased()) \(path)" }
                })
            #expect(documented == (try servedOperations()))
            for operation in documented {
                let parts = operation.split(separator: " ").map(String.init)
                let path = parts[1].replacing(/\{[a-z_]+\}/, with: "0198b3f0-7a19-7091-8c4d-2f6b9e1a0901")
                let reply = try await product.client.send(parts[0], "/api/v1" + path)
                #expect(![404, 405, 501].contains(reply.status), "\(operation): \(reply.status)")
            }
        }
    }

    /// The operations that the controllers add, read from their sources.
    private func servedOperations() throws -> Set<String> {
        let folder = BuiltProgram.repository + "/Sources/API/Controllers/"
        var operations: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let source = try String(contentsOfFile: folder + name, encoding: .utf8)
            for match in source.matches(of: /routes\.(get|post|put|patch|delete)\("([^"]+)"/) {
                operations.insert("\(match.1.uppercased()) \(match.2)")
            }
        }
        return operations
    }
}
