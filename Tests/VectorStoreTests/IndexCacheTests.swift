import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@testable import VectorStore

/// What happens to the index file between two openings.
@Suite struct IndexCacheTests {
    private func filled(_ count: Int = 40) async throws -> (CollectionFixture, [Float]) {
        var random = SeededGenerator(seed: 5)
        let fixture = try await CollectionFixture()
        try await fixture.add(
            "a",
            (0..<count).map {
                CollectionFixture.record("a\($0)", "word\($0)", random.vector(dimension: CollectionFixture.dimension))
            })
        return (fixture, random.vector(dimension: CollectionFixture.dimension))
    }

    @Test func theFileIsReadAndOnlyLaterChangesAreReplayed() async throws {
        let (fixture, query) = try await filled()
        try await fixture.collection.snapshot()
        let lastVector = [Float](repeating: 0.5, count: CollectionFixture.dimension)
        try await fixture.add("b", [CollectionFixture.record("late", "late", lastVector)])
        let before = try await fixture.collection.nearest(to: query, k: 10).records
        try await fixture.reopen(snapshot: false, prepare: false)
        #expect(fixture.collection.count == 40, "the file holds what was there at the snapshot")
        try await fixture.collection.prepare()
        #expect(fixture.collection.count == 41)
        #expect(try await fixture.collection.nearest(to: query, k: 10).records == before)
        #expect(fixture.collection.indexComplaint == nil)
    }

    @Test func withoutAFileTheRowsAnswerUntilTheIndexIsRebuilt() async throws {
        let (fixture, query) = try await filled()
        let before = try await fixture.collection.nearest(to: query, k: 10)
        try await fixture.collection.snapshot()
        try FileManager.default.removeItem(atPath: #require(fixture.indexFiles.first))
        try await fixture.reopen(snapshot: false, prepare: false)
        #expect(!fixture.collection.isIndexReady)
        let meanwhile = try await fixture.collection.nearest(to: query, k: 10)
        #expect(meanwhile.plan == .rows)
        #expect(meanwhile.records.map(\.id) == before.records.map(\.id))
        let scoped = try await fixture.collection.nearest(to: query, k: 10, matching: RecordFilter(documents: ["b"]))
        #expect(scoped.records.isEmpty)
        try await fixture.collection.prepare()
        #expect(try await fixture.collection.nearest(to: query, k: 10) == before)
    }

    private func search(
        _ cache: IndexCache, _ query: [Float], _ filter: RecordFilter = RecordFilter()
    ) async throws -> [ScoredRecord] {
        try await cache.database.read { transaction in
            let snapshot = try CollectionSnapshot(of: cache.collection, index: cache, in: transaction)
            let found = try snapshot.nearest(VectorQuery([query], limit: 10, filter: filter))
            #expect(found.plan == .exact)
            return found.hits[0]
        }
    }

    /// Without a file many rows are indexed in one go; what is in the rows afterwards is added as ever.
    @Test func manyRowsAreIndexedAtOnce() async throws {
        let (fixture, query) = try await filled(60)
        let folder = try TemporaryFolder()
        let cache = try IndexCache(
            collection: fixture.collection.description, forgottenSequence: 0, lastSequence: 60, folder: folder.path,
            database: fixture.database, pool: fixture.pool, bulkBuildFloor: 50)
        #expect(!cache.isReady)
        try await cache.prepare()
        #expect(cache.isReady && cache.count == 60)
        #expect(try await cache.check() == [])
        let found = try await search(cache, query)
        #expect(try await fixture.collection.nearest(to: query, k: 10).records == found)
        #expect(try await search(cache, query, RecordFilter(documents: ["a"])) == found)
        #expect(try await search(cache, query, RecordFilter(documents: ["b"])).isEmpty)
        try await fixture.add("b", [CollectionFixture.record("late", "late", query)])
        try await cache.catchUp()
        #expect(cache.count == 61)
        #expect(try await cache.check() == [])
        try await cache.snapshot()
        let reopened = try IndexCache(
            collection: fixture.collection.description, forgottenSequence: 0, lastSequence: 61, folder: folder.path,
            database: fixture.database, pool: fixture.pool, bulkBuildFloor: 50)
        #expect(reopened.count == 61 && reopened.complaint == nil)
    }

    /// The program stops before, while and after the rows are read and while the index is built: it is given up, and the
    /// next attempt makes it.
    @Test func aBuildIsGivenUpWhenTheProgramStops() async throws {
        let (fixture, query) = try await filled(60)
        let folder = try TemporaryFolder()
        let questions = Atomic(0), limit = Atomic(Int.max)
        let cache = try IndexCache(
            collection: fixture.collection.description, forgottenSequence: 0, lastSequence: 60, folder: folder.path,
            database: fixture.database, pool: fixture.pool, bulkBuildFloor: 50,
            isStopping: {
                questions.add(1, ordering: .relaxed).newValue >= limit.load(ordering: .relaxed)
            })
        // One question at the start, one before each of two reads, the others by the build.
        for last in 1...5 {
            questions.store(0, ordering: .relaxed)
            limit.store(last, ordering: .relaxed)
            await #expect(throws: CancellationError.self) { try await cache.prepare() }
            #expect(!cache.isReady && cache.count == 0, "stopped at question \(last)")
        }
        // Who has committed a change gets no error for it.
        try await cache.catchUp()
        #expect(!cache.isReady)
        limit.store(.max, ordering: .relaxed)
        try await cache.prepare()
        #expect(cache.isReady && cache.count == 60)
        // An index that is ready takes changes to the end.
        limit.store(0, ordering: .relaxed)
        try await fixture.add("b", [CollectionFixture.record("late", "late", query)])
        try await cache.catchUp()
        #expect(cache.count == 61)
    }

    @Test func aCancelledTaskGivesItsBuildUp() async throws {
        let (fixture, _) = try await filled(60)
        let folder = try TemporaryFolder()
        let questions = Atomic(0)
        let preparation = Mutex<Task<Void, any Error>?>(nil)
        let cache = try IndexCache(
            collection: fixture.collection.description, forgottenSequence: 0, lastSequence: 60, folder: folder.path,
            database: fixture.database, pool: fixture.pool, bulkBuildFloor: 50,
            isStopping: {
                // The fourth question is the build's first.
                if questions.add(1, ordering: .relaxed).newValue == 4 { preparation.withLock { $0?.cancel() } }
                return false
            })
        let task = preparation.withLock { preparation in
            let task = Task { try await cache.prepare() }
            preparation = task
            return task
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!cache.isReady && cache.count == 0)
        try await cache.prepare()
        #expect(cache.isReady && cache.count == 60)
    }

    @Test func aCollectionThatStopsTakesChangesAndAnswersFromTheRows() async throws {
        let (fixture, query) = try await filled()
        try await fixture.collection.snapshot()
        try FileManager.default.removeItem(atPath: #require(fixture.indexFiles.first))
        try await fixture.reopen(snapshot: false, prepare: false)
        fixture.collection.stop()
        await #expect(throws: CancellationError.self) { try await fixture.collection.prepare() }
        try await fixture.add("b", [CollectionFixture.record("late", "late", query)])
        let hits = try await fixture.collection.nearest(to: query, k: 1)
        #expect(hits.plan == .rows && !fixture.collection.isIndexReady)
        #expect(try await fixture.collection.records(hits.records.map(\.id)).map(\.key) == ["late"])
        try await fixture.reopen(snapshot: false)
        #expect(fixture.collection.isIndexReady && fixture.collection.count == 41)
    }

    @Test func aDamagedFileIsSetAsideNamedAndRebuilt() async throws {
        let (fixture, query) = try await filled()
        let before = try await fixture.collection.nearest(to: query, k: 10)
        try await fixture.collection.snapshot()
        let path = try #require(fixture.indexFiles.first)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: path))
        try await fixture.reopen(snapshot: false)
        #expect(fixture.collection.indexComplaint?.contains(path) == true)
        #expect(FileManager.default.fileExists(atPath: path + ".damaged"))
        #expect(try await fixture.collection.nearest(to: query, k: 10) == before)
    }

    @Test func aFileFromBeforeForgottenRemovalsIsNotTrusted() async throws {
        let (fixture, _) = try await filled()
        try await fixture.collection.snapshot()
        let path = try #require(fixture.indexFiles.first)
        let old = try Data(contentsOf: URL(fileURLWithPath: path))
        try await fixture.collection.removeDocument("a") { try DocumentCatalog.remove("a", in: $0) }
        try await fixture.collection.snapshot()
        try old.write(to: URL(fileURLWithPath: path))
        try await fixture.reopen(snapshot: false)
        #expect(fixture.collection.indexComplaint?.contains("is at change") == true)
        #expect(fixture.collection.count == 0)
    }

    @Test func aFileOfAnotherCollectionIsNotTrusted() async throws {
        let (first, _) = try await filled(10)
        let (second, _) = try await filled(20)
        try await first.collection.snapshot()
        try await second.collection.snapshot()
        let target = try #require(second.indexFiles.first)
        try FileManager.default.removeItem(atPath: target)
        try FileManager.default.copyItem(atPath: #require(first.indexFiles.first), toPath: target)
        try await second.reopen(snapshot: false)
        // Collections made within the same millisecond are told apart by their count of changes.
        #expect(second.collection.indexComplaint != nil)
        #expect(second.collection.count == 20)
    }
}
