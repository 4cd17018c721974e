import Store
import TestSupport
import Testing

@testable import VectorStore

@Suite struct RecordsByKeyTests {
    private func axis(_ index: Int) -> [Float] {
        (0..<CollectionFixture.dimension).map { $0 == index ? 1 : 0 }
    }

    private func record(_ key: String, _ index: Int, _ metadata: [String: MetadataValue] = [:]) -> NewRecord {
        NewRecord(key: key, text: "text of \(key)", metadata: metadata, vector: axis(index))
    }

    @Test func whatIsThereIsNotAddedAgain() async throws {
        let fixture = try await CollectionFixture()
        #expect(try await fixture.collection.add([record("a", 0), record("b", 1)]) == 2)
        #expect(try await fixture.collection.add([record("b", 2), record("c", 3)]) == 1)
        let hits = try await fixture.collection.nearest(to: axis(1), k: 1)
        #expect(try await fixture.collection.records(hits.records.map(\.id)).map(\.key) == ["b"])
        #expect(try await fixture.collection.records(limit: 10).map(\.key) == ["a", "b", "c"])
        #expect(try await fixture.collection.records(limit: 1, offset: 1).map(\.key) == ["b"])
        #expect(try await fixture.collection.countRecords() == 3)
        await #expect(throws: VectorStoreError.duplicateKey(collection: "documents", key: "x")) {
            try await fixture.collection.add([record("x", 0), record("x", 1)])
        }
    }

    @Test func anUpdateMergesAndSearchesSeeIt() async throws {
        let fixture = try await CollectionFixture()
        try await fixture.collection.add([
            record("a", 0, ["city": .string("Dubai"), "beds": .integer(2)]), record("b", 1),
        ])
        let change = RecordChange(
            key: "a", text: "giraffe", metadata: ["beds": nil, "price": .real(1.5)], vector: axis(5))
        #expect(try await fixture.collection.update([change, RecordChange(key: "absent")]) == 1)
        let found = try await fixture.collection.records(keys: ["a", "absent"])
        #expect(found.map(\.metadata) == [["city": .string("Dubai"), "price": .real(1.5)]])
        #expect(found.first?.text == "giraffe")
        #expect(try await fixture.collection.vectors(found.map(\.id)) == [axis(5)])
        let hits = try await fixture.collection.nearest(to: axis(5), k: 1)
        #expect(hits.records.map(\.id) == found.map(\.id) && abs(hits.records[0].score - 1) < 1e-6)
        #expect(try await fixture.collection.matching(anyOf: ["giraffe"], limit: 5).map(\.id) == found.map(\.id))
        #expect(try await fixture.collection.matching(anyOf: ["text"], limit: 5).count == 1)

        try await fixture.collection.upsert(
            [
                NewRecord(key: "a", text: nil, metadata: ["beds": .integer(3)], uri: "file:a", vector: axis(6)),
                record("c", 7),
            ].map(RecordChange.init))
        let merged = try await fixture.collection.records(keys: ["a"])
        #expect(merged.first?.text == "giraffe" && merged.first?.uri == "file:a" && merged.first?.metadata.count == 3)
        #expect(try await fixture.collection.check() == [])
        try await fixture.reopen(snapshot: false)
        #expect(try await fixture.collection.nearest(to: axis(6), k: 1).records.map(\.id) == found.map(\.id))
        #expect(try await fixture.collection.check() == [])
    }

    @Test func badValuesChangeNothing() async throws {
        let fixture = try await CollectionFixture()
        try await fixture.collection.add([record("a", 0)])
        let bad: [MetadataValue] = [.real(.nan), .list([.list([])]), .list([.integer(1), .string("x")])]
        for value in bad {
            await #expect(throws: VectorStoreError.self) {
                try await fixture.collection.add([record("b", 1), record("c", 2, ["f": value])])
            }
            await #expect(throws: VectorStoreError.self) {
                try await fixture.collection.update([RecordChange(key: "a", metadata: ["f": value])])
            }
        }
        await #expect(throws: VectorStoreError.self) {
            try await fixture.collection.update([RecordChange(key: "a", vector: [1])])
        }
        #expect(try await fixture.collection.records(limit: 10).map(\.key) == ["a"])
    }

    /// Random calls against a dictionary, with ends of every kind between them.
    @Test(arguments: [21, 22, 23] as [UInt64])
    func randomCallsAgreeWithADictionary(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try await CollectionFixture()
        var model: [String: [Float]] = [:]
        for step in 0..<80 {
            let keys = Set((0..<3).map { _ in "k\(Int.random(in: 0..<12, using: &random))" }).sorted()
            let vectors = keys.map { _ in random.vector(dimension: CollectionFixture.dimension) }
            let records = zip(keys, vectors).map { NewRecord(key: $0, text: "step\(step)", vector: $1) }
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                try await fixture.collection.add(records)
                for record in records where model[record.key] == nil { model[record.key] = record.vector }
            case 1:
                try await fixture.collection.upsert(records.map(RecordChange.init))
                for record in records { model[record.key] = record.vector }
            case 2:
                let changes = records.map { RecordChange(key: $0.key, vector: $0.vector) }
                #expect(try await fixture.collection.update(changes) == keys.count { model[$0] != nil })
                for record in records where model[record.key] != nil { model[record.key] = record.vector }
            case 3:
                #expect(try await fixture.collection.remove(keys: keys) == keys.count { model[$0] != nil })
                for key in keys { model[key] = nil }
            case 4: try await fixture.reopen(snapshot: Bool.random(using: &random))
            default: try await fixture.collection.snapshot()
            }
            let stored = try await fixture.collection.records(limit: 100)
            #expect(Set(stored.map(\.key)) == Set(model.keys), "seed \(seed), step \(step)")
            let vectorsStored = try await fixture.collection.vectors(stored.map(\.id))
            #expect(vectorsStored == stored.map { model[$0.key] }, "seed \(seed), step \(step)")
            #expect(fixture.collection.count == model.count, "seed \(seed), step \(step)")
            for (key, vector) in model.prefix(2) {
                let hits = try await fixture.collection.nearest(to: vector, k: 1)
                let found = try await fixture.collection.records(hits.records.map(\.id))
                #expect(found.map(\.key) == [key], "seed \(seed), step \(step)")
            }
        }
        #expect(try await fixture.collection.check() == [], "seed \(seed)")
    }
}
