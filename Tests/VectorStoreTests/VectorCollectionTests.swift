import Foundation
import Store
import TestSupport
import Testing

@testable import VectorStore

@Suite struct VectorCollectionTests {
    private func axis(_ index: Int) -> [Float] {
        (0..<CollectionFixture.dimension).map { $0 == index ? 1 : 0 }
    }

    @Test func recordsAreFoundByMeaningAndByWords() async throws {
        let fixture = try await CollectionFixture()
        try await fixture.add(
            "a",
            [
                CollectionFixture.record("a0", "Service charges are paid by the owner.", axis(0)),
                CollectionFixture.record("a1", "The pool closes at ten.", axis(1)),
            ])
        let hits = try await fixture.collection.nearest(to: axis(1), k: 2)
        #expect(hits.plan == .exact)
        let records = try await fixture.collection.records(hits.records.map(\.id))
        #expect(records.map(\.key) == ["a1", "a0"])
        #expect(abs(hits.records[0].score - 1) < 1e-6)
        #expect(records[0].metadata == ["page": .integer(1)])

        // Porter's stems: "paying owners" finds "paid … owner" by the second word only.
        let words = try await fixture.collection.matching(anyOf: ["paying", "owners"], limit: 5)
        #expect(try await fixture.collection.records(words.map(\.id)).map(\.key) == ["a0"])
        let title = try await fixture.collection.matching(anyOf: ["guide"], limit: 5)
        #expect(title.count == 2, "words of the context are searched too")
    }

    @Test func replacingLeavesNothingOfTheOldVersion() async throws {
        let fixture = try await CollectionFixture()
        try await fixture.add("a", [CollectionFixture.record("old", "zebra crossing", axis(0))])
        try await fixture.add("a", [CollectionFixture.record("new", "giraffe house", axis(1))])
        #expect(fixture.collection.count == 1)
        #expect(try await fixture.collection.matching(anyOf: ["zebra"], limit: 5).isEmpty)
        let hits = try await fixture.collection.nearest(to: axis(0), k: 5)
        #expect(try await fixture.collection.records(hits.records.map(\.id)).map(\.key) == ["new"])
        #expect(try await fixture.collection.check() == [])
    }

    @Test func aFailingTransactionChangesNothing() async throws {
        struct Refusal: Error {}
        let fixture = try await CollectionFixture()
        try await fixture.add("a", [CollectionFixture.record("old", "zebra", axis(0))])
        await #expect(throws: Refusal.self) {
            try await fixture.collection.replaceDocument(
                "a", with: [CollectionFixture.record("new", "giraffe", self.axis(1))]
            ) { _, _ in throw Refusal() }
        }
        #expect(try await fixture.collection.matching(anyOf: ["zebra"], limit: 5).count == 1)
        #expect(try await fixture.collection.matching(anyOf: ["giraffe"], limit: 5).isEmpty)
        #expect(try await fixture.collection.check() == [])
    }

    @Test func scopesHideOtherDocumentsFromBothSearches() async throws {
        let fixture = try await CollectionFixture()
        for id in ["a", "b", "c"] {
            try await fixture.add(id, (0..<5).map { CollectionFixture.record("\(id)\($0)", "marina \(id)", axis($0)) })
        }
        let onlyB = RecordFilter(documents: ["b"])
        let near = try await fixture.collection.nearest(to: axis(0), k: 10, matching: onlyB)
        let matching = try await fixture.collection.matching(anyOf: ["marina"], limit: 3, matching: onlyB)
        #expect(near.records.count == 5)
        #expect(matching.count == 3)
        for ids in [near.records.map(\.id), matching.map(\.id)] {
            #expect(try await fixture.collection.records(ids).allSatisfy { $0.documentID == "b" })
        }
        #expect(
            try await fixture.collection.nearest(to: axis(0), k: 10, matching: RecordFilter(documents: [])).records
                .isEmpty)
    }

    @Test func wrongVectorsAreRefusedBeforeAnythingIsStored() async throws {
        let fixture = try await CollectionFixture()
        let good = CollectionFixture.record("good", "x", axis(0))
        let bad: [[Float]] = [[1, 2], Array(repeating: .nan, count: 8)]
        for vector in bad {
            await #expect(throws: VectorStoreError.self) {
                try await fixture.add("a", [good, CollectionFixture.record("bad", "y", vector)])
            }
        }
        #expect(fixture.collection.count == 0)
        await #expect(throws: VectorStoreError.dimensionMismatch(collection: "documents", expected: 8, found: 3)) {
            try await fixture.collection.nearest(to: [1, 2, 3], k: 1)
        }
        await #expect(throws: VectorStoreError.self) {
            try await fixture.collection.nearest(to: Array(repeating: .infinity, count: 8), k: 1)
        }
        #expect(try await fixture.collection.nearest(to: axis(0), k: 0).records.isEmpty)
        #expect(try await fixture.collection.nearest(to: axis(0), k: 3).records.isEmpty)
    }

    @Test func anotherModelIsRefusedWithTheFixNamed() async throws {
        let fixture = try await CollectionFixture()
        let error = await #expect(throws: VectorStoreError.self) {
            try await fixture.reopen(snapshot: true, fingerprint: "model-b")
        }
        #expect(error == .modelMismatch(collection: "documents", expected: "model-a", found: "model-b"))
        #expect(error?.description.contains("PROPERTYPRO_MODEL") == true)
    }

    @Test func aRebuildIsSeenAsAWholeOrNotAtAll() async throws {
        struct Refusal: Error {}
        let fixture = try await CollectionFixture()
        try await fixture.add("a", [CollectionFixture.record("old", "zebra", axis(0))])
        let staged = [CollectionFixture.record("new", "giraffe", axis(1))]
        try await fixture.collection.stageDocument("a", with: staged) { _ in }
        #expect(try await fixture.collection.matching(anyOf: ["giraffe"], limit: 5).isEmpty)
        await #expect(throws: Refusal.self) { try await fixture.collection.finishRebuild { _ in throw Refusal() } }
        #expect(fixture.collection.description.generation == 1)
        #expect(try await fixture.collection.matching(anyOf: ["zebra"], limit: 5).count == 1)

        try await fixture.collection.finishRebuild { _ in }
        #expect(fixture.collection.description.generation == 2)
        #expect(try await fixture.collection.matching(anyOf: ["zebra"], limit: 5).isEmpty)
        #expect(try await fixture.collection.matching(anyOf: ["giraffe"], limit: 5).count == 1)
        #expect(fixture.indexFiles.map { ($0 as NSString).lastPathComponent } == ["1-2.hnsw"])
        #expect(try await fixture.collection.check() == [])

        try await fixture.collection.stageDocument("a", with: staged) { _ in }
        try await fixture.collection.discardRebuild()
        try await fixture.reopen(snapshot: true)
        #expect(fixture.collection.description.generation == 2)
        #expect(try await fixture.collection.check() == [])
    }

    @Test func checkFindsAnIndexThatDiffersFromTheRows() async throws {
        let fixture = try await CollectionFixture()
        try await fixture.add("a", (0..<4).map { CollectionFixture.record("a\($0)", "word\($0)", axis($0)) })
        try await fixture.database.write { transaction in
            try transaction.execute("UPDATE records SET text = 'tampered' WHERE position = 0")
            try transaction.execute("DELETE FROM records WHERE position = 1")
        }
        let problems = try await fixture.collection.check()
        #expect(problems.contains { $0.contains("full-text") })
        #expect(problems.contains { $0.contains("4 vectors for 3 records") })
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func randomChangesAgreeWithAPlainModel(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try await CollectionFixture()
        var model: [String: [(key: String, vector: [Float])]] = [:]
        for step in 0..<60 {
            let id = "d\(Int.random(in: 0..<6, using: &random))"
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let records = (0..<Int.random(in: 0..<5, using: &random)).map { index in
                    CollectionFixture.record(
                        "\(id)-\(step)-\(index)", "step\(step)", random.vector(dimension: CollectionFixture.dimension))
                }
                try await fixture.add(id, records)
                model[id] = records.map { ($0.key, $0.vector) }
            case 6, 7:
                try await fixture.collection.removeDocument(id) { try DocumentCatalog.remove(id, in: $0) }
                model[id] = nil
            default:
                try await fixture.reopen(snapshot: Bool.random(using: &random))
            }
            let query = random.vector(dimension: CollectionFixture.dimension)
            let expected = model.values.joined()
                .map { (key: $0.key, score: Self.cosine($0.vector, query)) }
                .sorted { $0.score > $1.score }.prefix(5).map(\.key)
            let hits = try await fixture.collection.nearest(to: query, k: 5)
            let found = try await fixture.collection.records(hits.records.map(\.id)).map(\.key)
            #expect(found == expected, "seed \(seed), step \(step)")
        }
        #expect(try await fixture.collection.check() == [], "seed \(seed)")
    }

    private static func cosine(_ a: [Float], _ b: [Float]) -> Double {
        func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }

    /// A replacement that began before the switch was stored for the old generation and never found again.
    @Test func whatCommitsWhileARebuildSwitchesIsFound() async throws {
        let fixture = try await CollectionFixture()
        try await fixture.add("a", [CollectionFixture.record("old", "zebra", axis(0))])
        for round in 0..<8 {
            try await fixture.collection.stageDocument(
                "a", with: [CollectionFixture.record("a\(round)", "zebra", axis(0))]
            ) { _ in }
            let collection = fixture.collection
            let record = CollectionFixture.record("b\(round)", "giraffe\(round)", axis(3))
            let collectionID = collection.description.id
            async let rebuild: Void = collection.finishRebuild { _ in }
            async let replacement: Void = collection.replaceDocument("b\(round)", with: [record]) { transaction, _ in
                try DocumentCatalog.insert(
                    CollectionFixture.document("b\(round)"), collection: collectionID, in: transaction)
            }
            _ = try await (rebuild, replacement)
            #expect(fixture.collection.description.generation == round + 2)
            let isCurrent = try await fixture.collection.matching(anyOf: ["giraffe\(round)"], limit: 5).count
            let rows = try await fixture.collection.records(ofDocument: "b\(round)").count
            // Stored before the switch, it went with the old generation as a whole; after it, it is found as a whole.
            #expect(isCurrent == rows)
            #expect(try await fixture.collection.check() == [], "round \(round)")
        }
    }

    @Test func anIndexFolderThatCannotBeWrittenCostsNoCommit() async throws {
        let fixture = try await CollectionFixture()
        try await fixture.add("a", [CollectionFixture.record("a", "zebra", axis(0))])
        let index = fixture.folder.path + "/index"
        try FileManager.default.removeItem(atPath: index)
        try Data().write(to: URL(filePath: index))
        let many = (0..<2_100).map { CollectionFixture.record("b\($0)", "giraffe", axis($0 % 8)) }
        try await fixture.add("b", many)
        #expect(fixture.collection.count == 2_101)
        for _ in 0..<400 where fixture.collection.indexComplaint == nil { try await Task.sleep(for: .milliseconds(20)) }
        #expect(fixture.collection.indexComplaint?.contains("could not be brought to the disk") == true)
    }

    @Test func leftoversOfAnUnfinishedRebuildAreGoneAfterTheNextStart() async throws {
        let fixture = try await CollectionFixture()
        try await fixture.add("a", [CollectionFixture.record("old", "zebra", axis(0))])
        try await fixture.collection.stageDocument(
            "a", with: [CollectionFixture.record("new", "giraffe", axis(1))]
        ) { try DocumentCatalog.setText("giraffe", of: "a", generation: 2, in: $0) }
        try await fixture.reopen(snapshot: false)
        let left = try await fixture.database.read { transaction in
            (
                try transaction.rows("SELECT id FROM records WHERE generation <> 1").count,
                try DocumentCatalog.text(of: "a", generation: 2, in: transaction)
            )
        }
        #expect(left.0 == 0 && left.1 == nil)
        #expect(try await fixture.collection.check() == [])
    }
}
