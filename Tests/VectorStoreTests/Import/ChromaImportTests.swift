import Foundation
import Store
import TestSupport
import Testing

@testable import VectorStore

@Suite struct ChromaImportTests {
    private func run(
        _ path: String, into fixture: CollectionStoreFixture,
        embed: (@Sendable ([String]) async throws -> [[Float]])? = nil, prefix: String = ""
    ) async throws -> ChromaImportReport {
        var importer = ChromaImport(try ChromaFolder(path: path), into: fixture.store, pool: fixture.pool)
        importer.embed = embed
        importer.prefix = prefix
        return try await importer.run()
    }

    private func collection(_ name: String, in fixture: CollectionStoreFixture) async throws -> VectorCollection {
        let found = try await fixture.store.collection(name, in: fixture.home)
        return try await fixture.store.open(uid: try #require(found).uid)
    }

    @Test(arguments: ["0.5.23", "1.5.9"])
    func everythingComesOver(version: String) async throws {
        let sample = try ChromaSample(version)
        let fixture = try await CollectionStoreFixture()
        let report = try await run(sample.path, into: fixture)
        #expect(report.isComplete && report.collections.map(\.name) == sample.truth.map(\.name))
        #expect(report.collections.map(\.stored) == sample.truth.map(\.records.count))
        #expect(report.collections.allSatisfy { ($0.recall ?? 1) == 1 && $0.complaint == nil })
        for wanted in sample.truth {
            let named = try #require(await fixture.store.collection(wanted.name, in: fixture.home))
            #expect(named.uid == wanted.id && named.metadata ?? [:] == wanted.metadata)
            let (records, vectors) = try await fixture.store.open(uid: named.uid)
                .page(matching: RecordFilter(), includesVectors: true)
            #expect(records.map(\.key) == wanted.records.map(\.id), "the order of \(wanted.name)")
            for ((record, vector), truth) in zip(zip(records, vectors), wanted.records) {
                #expect(record.text == truth.text && record.uri == truth.uri, "\(record.key)")
                #expect(record.metadata == truth.metadata, "\(record.key)")
                #expect(
                    zip(vector, truth.vector).allSatisfy { abs($0 - $1) < 1e-6 } && vector.count == truth.vector.count)
            }
        }
        let synced = try #require(await fixture.store.collection("synced", in: fixture.home)).description
        #expect(synced.space == .cosine && synced.settings.maxNeighbors == 6)
        #expect(try await collection("pictures", in: fixture).description.space == .ip)

        let again = try await run(sample.path, into: fixture)
        #expect(again.collections.allSatisfy { $0.stored == 0 } && again.isComplete)
        #expect(again.collections.map(\.present) == sample.truth.map(\.records.count))
    }

    @Test func whatIsThereStaysAndOtherCollectionsAreNotMixed() async throws {
        let sample = try ChromaSample("1.5.9")
        let fixture = try await CollectionStoreFixture()
        let mine = try await fixture.store.createCollection("queued", in: fixture.home, space: .l2).collection
        let open = try await fixture.store.open(uid: mine.uid)
        let (kept, lost) = (sample.truth[2].records[0].id, sample.truth[2].records.count - 1)
        try await open.add([NewRecord(key: kept, text: "mine", vector: [1, 2, 3])])
        _ = try await fixture.store.createCollection("synced", in: fixture.home, space: .l2)
        let report = try await run(sample.path, into: fixture)
        #expect(report.collections[2].present == 1 && report.collections[2].stored == lost)
        #expect(try await open.records(keys: [kept]).first?.text == "mine")
        #expect(report.collections[3].failure?.contains("--prefix") == true && !report.isComplete)
        let other = try await run(sample.path, into: fixture, prefix: "old-")
        #expect(other.isComplete && other.collections[3].name == "old-synced" && other.collections[3].stored > 0)
    }

    /// Without the files' map, or with a file that is cut, vectors of the queue are taken and the others made anew.
    @Test(arguments: ["index_metadata.pickle", "header.bin", "data_level0.bin"])
    func lostVectorsAreMadeAnew(name: String) async throws {
        let sample = try ChromaSample("1.5.9")
        for path in try sample.files(name) {
            let data = try Data(contentsOf: URL(filePath: path))
            // Of the elements some ten are left; behind the last one there is room for more.
            try data.prefix(name == "data_level0.bin" ? 760 : data.count / 3).write(to: URL(filePath: path))
        }
        let skipping = try await CollectionStoreFixture()
        let without = try await run(sample.path, into: skipping)
        #expect(!without.isComplete && without.collections[3].skippedCount > 0)
        #expect(without.collections[3].skipped.first?.reason == "its vector is lost")
        #expect(without.collections[2].stored == sample.truth[2].records.count, "its vectors are in the queue")

        let fixture = try await CollectionStoreFixture()
        let report = try await run(sample.path, into: fixture) { texts in texts.map { _ in [1, 2, 3, 4] } }
        #expect(report.collections[3].embedded == without.collections[3].skippedCount)
        #expect(report.collections[3].stored == sample.truth[3].records.count)
        // Pictures have no texts.
        #expect(report.collections[1].skipped.allSatisfy { $0.reason == "it has neither a vector nor a text" })
        #expect((name == "data_level0.bin") == (report.collections[3].complaint == nil))
    }

    /// Damage anywhere in the files of vectors is told, or is not met; it never ends the program.
    @Test(arguments: [61, 62, 63] as [UInt64])
    func damagedFiles(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<12 {
            let sample = try ChromaSample(Bool.random(using: &random) ? "0.5.23" : "1.5.9")
            for name in ["index_metadata.pickle", "header.bin", "length.bin", "data_level0.bin"] {
                for path in try sample.files(name) where Bool.random(using: &random) {
                    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
                    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                    }
                    bytes.removeLast(Bool.random(using: &random) ? 0 : Int.random(in: 0...bytes.count, using: &random))
                    try Data(bytes).write(to: URL(filePath: path))
                }
            }
            let fixture = try await CollectionStoreFixture()
            let report = try await run(sample.path, into: fixture)
            #expect(report.collections[2].stored == sample.truth[2].records.count, "seed \(seed)")
            for part in report.collections where part.failure == nil {
                let count = try await collection(part.name, in: fixture).countRecords()
                #expect(count == part.stored, "seed \(seed), \(part.name)")
            }
        }
    }

    @Test func foldersThatAreNone() throws {
        let folder = try TemporaryFolder()
        #expect(throws: ChromaImportError.noFolder(path: folder.path)) { try ChromaFolder(path: folder.path) }
        try Data("no database".utf8).write(to: URL(filePath: folder.path + "/chroma.sqlite3"))
        #expect(throws: StoreError.self) { try ChromaFolder(path: folder.path) }
        try FileManager.default.removeItem(atPath: folder.path + "/chroma.sqlite3")
        _ = try SQLiteDatabase(path: folder.path + "/chroma.sqlite3", migrations: [])
        #expect(throws: ChromaImportError.self) { try ChromaFolder(path: folder.path) }
    }
}
