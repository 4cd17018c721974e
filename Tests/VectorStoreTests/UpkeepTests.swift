import Foundation
import Store
import TestSupport
import Testing

@testable import VectorStore

@Suite struct UpkeepTests {
    private func records(_ numbers: Range<Int>, dimension: Int, _ random: inout SeededGenerator) -> [NewRecord] {
        numbers.map { number in
            NewRecord(
                key: "k\(number)", text: "Record \(number) of a flat near the \(number % 7)th station.",
                metadata: ["number": .integer(Int64(number))], vector: random.vector(dimension: dimension))
        }
    }

    /// The files below a folder in which the bytes are found.
    private func files(holding bytes: [UInt8], in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).filter { path in
            guard let data = FileManager.default.contents(atPath: folder + "/" + path) else { return false }
            return data.range(of: Data(bytes)) != nil
        }
    }

    private func size(of folder: String) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: folder).reduce(0) { sum, path in
            sum + (try FileManager.default.attributesOfItem(atPath: folder + "/" + path)[.size] as? Int ?? 0)
        }
    }

    @Test func nothingOfWhatWasRemovedStaysAfterAPurge() async throws {
        var random = SeededGenerator(seed: 81)
        let fixture = try await CollectionStoreFixture()
        let uid = try await fixture.store.createCollection("flats", in: fixture.home, space: .l2).collection.uid
        let collection = try await fixture.store.open(uid: uid)
        try await collection.add(records(0..<300, dimension: 16, &random))
        let (phrase, vector) = ("Zwölfboxkämpfer quarrel xylophonically", random.vector(dimension: 16))
        try await collection.add([
            NewRecord(key: "secret", text: phrase, metadata: ["note": .string(phrase)], uri: phrase, vector: vector)
        ])
        try await collection.snapshot()
        let folder = fixture.folder.path
        let traces = [Array(phrase.utf8), Array("xylophon".utf8), VectorColumn.encode(vector)]
        for trace in traces { #expect(try !files(holding: trace, in: folder).isEmpty) }
        let changed = random.vector(dimension: 16)
        try await collection.update([RecordChange(key: "k7", text: phrase + "!", vector: changed)])
        try await collection.update([RecordChange(key: "k7", text: "plain", vector: [Float](repeating: 1, count: 16))])
        #expect(try await collection.remove(keys: ["secret"]) == 1)
        try await fixture.store.purge()
        try await fixture.database.purge(texts: [VectorStoreSchema.textIndex])
        for trace in traces + [VectorColumn.encode(changed)] {
            #expect(try files(holding: trace, in: folder) == [])
        }
        #expect(try await collection.check() == [])
        #expect(try await collection.countRecords() == 300)
    }

    /// After most records are gone the files are at most 1.3 times as large as those of what is left.
    @Test func filesShrinkWithTheRecords() async throws {
        var random = SeededGenerator(seed: 82)
        let fixture = try await CollectionStoreFixture()
        let uid = try await fixture.store.createCollection("flats", in: fixture.home).collection.uid
        let collection = try await fixture.store.open(uid: uid)
        let all = records(0..<1_500, dimension: 32, &random)
        try await collection.add(all)
        try await collection.settle()
        let removed = try await collection.remove(
            matching: RecordFilter(metadata: .field("number", .greaterOrEqual(.integer(300)))))
        #expect(removed == 1_200)
        try await fixture.store.snapshot()
        try await fixture.store.compact()
        try await fixture.database.compact(texts: [VectorStoreSchema.textIndex])
        #expect(try await collection.check() == [])
        let hits = try await collection.nearest(to: all[5].vector, k: 1).records
        #expect(try await collection.records(hits.map(\.id)).map(\.key) == ["k5"])
        try await fixture.database.close()

        let fresh = try await CollectionStoreFixture()
        let other = try await fresh.store.open(
            uid: fresh.store.createCollection("flats", in: fresh.home).collection.uid)
        try await other.add(Array(all[..<300]))
        try await other.settle()
        try await fresh.store.snapshot()
        try await fresh.database.close()
        let (left, live) = (try size(of: fixture.folder.path), try size(of: fresh.folder.path))
        #expect(Double(left) <= 1.3 * Double(live), "\(left) bytes, \(live) live")
    }

    /// A byte that was changed, or a cut, anywhere in the index's file: the file is set aside with the place named, the rows
    /// answer, and the index is there again.
    @Test(arguments: [83, 84] as [UInt64])
    func damageOfTheIndexFileIsNamedAndHealed(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try await CollectionFixture()
        try await fixture.add(
            "a",
            (0..<200).map {
                CollectionFixture.record("a\($0)", "w", random.vector(dimension: CollectionFixture.dimension))
            })
        let query = random.vector(dimension: CollectionFixture.dimension)
        let truth = try await fixture.collection.nearest(to: query, k: 5).records
        try await fixture.collection.snapshot()
        let path = try #require(fixture.indexFiles.first)
        let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
        for attempt in 0..<40 {
            var bytes = whole
            let place = Int.random(in: bytes.indices, using: &random)
            if attempt % 4 == 0 {
                bytes.removeSubrange(place...)
            } else {
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            // Another file of the name: the index of before may still look at the one that it has mapped.
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
            try await fixture.reopen(snapshot: false, prepare: false)
            let spot: Comment = "seed \(seed), byte \(place) of \(whole.count)"
            let complaint = try #require(fixture.collection.indexComplaint, spot)
            #expect(complaint.contains(path) && complaint.contains("byte"), "\(complaint)")
            #expect(FileManager.default.fileExists(atPath: path + ".damaged"), spot)
            let meanwhile = try await fixture.collection.nearest(to: query, k: 5)
            #expect(meanwhile.plan == .rows && meanwhile.records.map(\.id) == truth.map(\.id), spot)
            try await fixture.collection.prepare()
            #expect(try await fixture.collection.nearest(to: query, k: 5).records == truth, spot)
            #expect(try await fixture.collection.check() == [], spot)
        }
    }

    /// A removal that was begun when the program ended goes on in the background of the next start.
    @Test func removalsGoOnAfterTheStart() async throws {
        var random = SeededGenerator(seed: 85)
        let fixture = try await CollectionStoreFixture()
        let made = try await fixture.store.createCollection("flats", in: fixture.home).collection
        try await fixture.store.open(uid: made.uid).add(records(0..<1_200, dimension: 4, &random))
        try await fixture.database.write { try CollectionCatalog.markRemoved(made, $0) }
        let again = try await CollectionStoreFixture(fixture.folder)
        #expect(try await again.store.collection("flats", in: again.home) == nil)
        func rows() async throws -> Int64? {
            try await again.database.read {
                try $0.row("SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM collections)")?.int(0)
            }
        }
        for _ in 0..<1_000 where try await rows() != 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try await rows() == 0)
    }
}
