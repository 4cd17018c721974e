import Foundation
import Store
import TestSupport
import Testing
import Threads
import VectorStore

/// The example of the README, as it stands there.
@Suite struct LibraryExampleTests {
    @Test func tenLinesMakeADurableFilteredCollection() async throws {
        let temporary = try TemporaryFolder()
        let folder = temporary.path
        let database = try SQLiteDatabase(path: folder + "/flats.sqlite", migrations: VectorStoreSchema.migrations)
        let flats = try await VectorCollection.open(
            name: "flats", dimension: 3, fingerprint: "my-model", database: database, folder: folder + "/index",
            pool: ThreadPool(name: "flats", threads: 2))
        try await flats.add([
            NewRecord(key: "a", text: "near the sea", metadata: ["beds": .integer(2)], vector: [1, 0, 1])
        ])
        let filter = RecordFilter(metadata: .field("beds", .greaterOrEqual(.integer(2))), text: .contains("sea"))
        let answer = try await flats.query(VectorQuery([[1, 0, 0.9]], limit: 10, filter: filter))
        #expect(answer.hits[0].map(\.record.key) == ["a"] && answer.plan.isExhaustive)
    }

    @Test func theREADMEHasTheseLines() throws {
        let here = URL(filePath: #filePath)
        func lines(_ url: URL) throws -> [String] {
            try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        }
        let test = Set(try lines(here))
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let readme = try lines(root.appending(path: "README.md"))
        let start = try #require(readme.firstIndex { $0.hasPrefix("let database = try SQLiteDatabase") })
        let end = try #require(readme[start...].firstIndex { $0.hasPrefix("print(answer") })
        #expect(readme[start..<end].allSatisfy(test.contains))
    }
}
