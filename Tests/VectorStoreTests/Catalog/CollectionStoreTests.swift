import Foundation
import Store
import TestSupport
import Testing
import Threads

@testable import VectorStore

@Suite struct CollectionStoreTests {
    @Test func tenantsAndDatabases() async throws {
        let fixture = try await CollectionStoreFixture()
        let store = fixture.store
        #expect(try await store.tenantExists(CollectionStore.defaultTenant))
        #expect(try await store.createTenant("north"))
        #expect(try await !store.createTenant("north"))
        try await store.createDatabase("sales", tenant: "north")
        try await store.createDatabase("letting", tenant: "north")
        try await store.createDatabase("sales", tenant: "south")
        await #expect(throws: VectorStoreError.nameTaken(name: "sales")) {
            try await store.createDatabase("sales", tenant: "north")
        }
        #expect(try await store.databases(tenant: "north").map(\.name) == ["letting", "sales"])
        #expect(try await store.databases(tenant: "north", limit: 1, offset: 1).map(\.name) == ["sales"])
        try await store.removeDatabase("sales", tenant: "north")
        #expect(try await store.find(database: "sales", tenant: "north") == nil)
        #expect(try await store.find(database: "sales", tenant: "south") != nil)
        await #expect(throws: VectorStoreError.unknownDatabase(tenant: "north", name: "sales")) {
            try await store.removeDatabase("sales", tenant: "north")
        }
    }

    @Test func collectionsAreMadeOnceChangedAndFound() async throws {
        let fixture = try await CollectionStoreFixture()
        let (store, home) = (fixture.store, fixture.home)
        let (made, isNew) = try await store.createCollection(
            "flats", in: home, space: .cosine, metadata: ["owner": .string("x")], configuration: "{}")
        #expect(isNew && made.metadata == ["owner": .string("x")] && made.configuration == "{}")
        let again = try await store.createCollection("flats", in: home, metadata: ["owner": .string("y")])
        #expect(!again.isNew && again.collection == made)
        let other = try await store.createCollection("villas", in: home).collection
        #expect(try await store.countCollections(in: home) == 2)
        #expect(try await store.collections(in: home).map(\.uid) == [made.uid, other.uid].sorted())
        await #expect(throws: VectorStoreError.nameTaken(name: "villas")) {
            try await store.change(uid: made.uid, CollectionChange(name: "villas"))
        }
        try await store.change(uid: made.uid, CollectionChange(name: "homes", metadata: [:]))
        #expect(try await store.collection("flats", in: home) == nil)
        let found = try #require(await store.collection("homes", in: home))
        #expect(found.uid == made.uid && found.metadata == nil)
        await #expect(throws: VectorStoreError.unknownDatabase(tenant: "t", name: "gone")) {
            try await store.createCollection(
                "x", in: CollectionDatabase(id: "gone", tenant: "t", name: "gone"))
        }
    }

    @Test func anAliasPassesFromOneCollectionToAnother() async throws {
        let fixture = try await CollectionStoreFixture()
        let (store, home) = (fixture.store, fixture.home)
        let blue = try await store.createCollection("blue", in: home).collection
        let green = try await store.createCollection("green", in: home).collection
        try await store.setAlias("live", ofCollection: blue.uid)
        #expect(try await store.collection("live", in: home)?.uid == blue.uid)
        try await store.setAlias("live", ofCollection: green.uid)
        #expect(try await store.collection("live", in: home)?.name == "green")
        await #expect(throws: VectorStoreError.nameTaken(name: "blue")) {
            try await store.setAlias("blue", ofCollection: green.uid)
        }
        #expect(try await store.countCollections(in: home) == 2)
        try await store.removeCollection("green", in: home)
        #expect(try await store.collection("live", in: home) == nil)
    }

    @Test func theFirstRecordFixesTheDimension() async throws {
        let fixture = try await CollectionStoreFixture()
        let made = try await fixture.store.createCollection("flats", in: fixture.home).collection
        let collection = try await fixture.store.open(uid: made.uid)
        #expect(collection.description.dimension == 0)
        #expect(try await collection.nearest(to: [1], k: 3).records.isEmpty)
        try await collection.add([NewRecord(key: "a", text: nil, vector: [1, 2, 3])])
        #expect(collection.description.dimension == 3)
        await #expect(throws: VectorStoreError.dimensionMismatch(collection: made.uid, expected: 3, found: 2)) {
            try await collection.add([NewRecord(key: "b", text: nil, vector: [1, 2])])
        }
        #expect(try await collection.nearest(to: [1, 2, 3], k: 3).records.map(\.score) == [0])
        let reopened = try await CollectionStoreFixture(fixture.folder)
        let again = try await reopened.store.open(uid: made.uid)
        #expect(again.description.dimension == 3)
        #expect(try await again.countRecords() == 1)
        #expect(try await again.check() == [])
        await #expect(throws: VectorStoreError.self) { try await reopened.store.open(uid: "absent") }
    }

    @Test func manyTasksFixOneDimension() async throws {
        let fixture = try await CollectionStoreFixture()
        let made = try await fixture.store.createCollection("flats", in: fixture.home).collection
        let store = fixture.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    let collection = try await store.open(uid: made.uid)
                    try await collection.add([NewRecord(key: "k\(task)", text: "x", vector: [1, Float(task)])])
                }
            }
            try await group.waitForAll()
        }
        let collection = try await store.open(uid: made.uid)
        #expect(collection.count == 16)
        #expect(try await collection.check() == [])
    }

    @Test func whatIsRemovedLeavesNothing() async throws {
        let fixture = try await CollectionStoreFixture()
        let (store, home) = (fixture.store, fixture.home)
        for name in ["flats", "villas"] {
            let made = try await store.createCollection(name, in: home).collection
            let collection = try await store.open(uid: made.uid)
            try await collection.add((0..<1_200).map { NewRecord(key: "\($0)", text: name, vector: [1, Float($0)]) })
            try await collection.snapshot()
        }
        let flats = try #require(await store.collection("flats", in: home))
        let open = try await store.open(uid: flats.uid)
        try await store.removeCollection("flats", in: home)
        await #expect(throws: VectorStoreError.unknownCollection(name: flats.uid)) {
            try await open.add([NewRecord(key: "late", text: nil, vector: [1, 2])])
        }
        let left = try await fixture.database.read { transaction in
            try ["records", "record_vectors", "collections", "record_changes"].map {
                try transaction.row("SELECT count(*) FROM \($0)")?.int(0) ?? 0
            }
        }
        #expect(left[0] == 1_200 && left[1] == 1_200 && left[2] == 1)
        let files = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path + "/index")
        #expect(files == ["2-1.hnsw"])
        try await store.reset()
        #expect(try await store.countCollections(in: home) == 0)
        #expect(try await store.tenantExists(CollectionStore.defaultTenant))
        #expect(try await fixture.database.checkIntegrity() == [])
    }
}
