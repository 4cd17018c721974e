import Store
import TestSupport
import Testing
import VectorIndex

@testable import VectorStore

/// Queries with filters against a plain search over all records.
@Suite struct CollectionQueryTests {
    private struct Model {
        var records: [(key: String, text: String?, metadata: [String: MetadataValue], vector: [Float])] = []

        func matching(_ filter: RecordFilter) -> [Int] {
            records.indices.filter { index in
                let record = records[index]
                return (filter.keys?.contains(record.key) ?? true)
                    && (filter.metadata?.matches(record.metadata) ?? true)
                    && (filter.text?.matches(record.text) ?? true)
            }
        }

        func nearest(_ filter: RecordFilter, to query: [Float], k: Int) -> [(key: String, score: Double)] {
            let scored = matching(filter).map { index in
                (index, 1 - Double(Metric.cosine.distance(query, records[index].vector)))
            }
            return scored.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }.prefix(k).map {
                (records[$0.0].key, $0.1)
            }
        }
    }

    private let words = ["sea view", "near metro", "مارينا", "chiller free", "x"]

    private func filter(_ random: inout SeededGenerator) throws -> RecordFilter {
        var filter = RecordFilter()
        if Int.random(in: 0..<4, using: &random) > 0 { filter.metadata = RandomFilters.filter(&random) }
        if Int.random(in: 0..<3, using: &random) == 0 {
            let part = words.randomElement(using: &random) ?? ""
            filter.text =
                switch Int.random(in: 0..<4, using: &random) {
                case 0: .notContains(part)
                case 1: .regex(try TextPattern("^[a-z]+ "))
                case 2: .or([.contains(part), .contains("metro")])
                default: .contains(part)
                }
        }
        if Int.random(in: 0..<6, using: &random) == 0 {
            filter.keys = (0..<8).map { _ in "k\(Int.random(in: 0..<60, using: &random))" }
        }
        return filter
    }

    @Test(arguments: [31, 32, 33, 34] as [UInt64])
    func answersAreThoseOfAPlainSearch(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try await CollectionFixture()
        var model = Model()
        for step in 0..<40 {
            let place: Comment = "seed \(seed), step \(step)"
            let key = "k\(Int.random(in: 0..<60, using: &random))"
            let vector = random.vector(dimension: CollectionFixture.dimension)
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4:
                let new = (0..<6).map { number in
                    NewRecord(
                        key: "k\(step * 6 + number)", text: Bool.random(using: &random) ? words[number % 5] : nil,
                        metadata: RandomFilters.record(&random).filter { $0.value.isStorable },
                        vector: random.vector(dimension: CollectionFixture.dimension))
                }
                try await fixture.collection.add(new)
                model.records += new.map { ($0.key, $0.text, $0.metadata, $0.vector) }
            case 4:
                let change = RecordChange(
                    key: key, text: words.randomElement(using: &random), metadata: ["p": .integer(1), "q": nil],
                    vector: Bool.random(using: &random) ? vector : nil)
                try await fixture.collection.update([change])
                if let index = model.records.firstIndex(where: { $0.key == key }) {
                    model.records[index].text = change.text
                    model.records[index].metadata["p"] = .integer(1)
                    model.records[index].metadata["q"] = nil
                    model.records[index].vector = change.vector ?? model.records[index].vector
                }
            case 5:
                let doomed = try filter(&random)
                let found = model.matching(doomed).prefix(4)
                #expect(try await fixture.collection.remove(matching: doomed, limit: 4) == found.count, place)
                for index in found.reversed() { model.records.remove(at: index) }
            default:
                try await fixture.reopen(
                    snapshot: Bool.random(using: &random), prepare: Bool.random(using: &random))
            }
            #expect(try await fixture.collection.countRecords() == model.records.count, place)
            for _ in 0..<5 {
                let filter = try filter(&random)
                let matches = model.matching(filter)
                let (limit, offset) = (Int.random(in: 0..<9, using: &random), Int.random(in: 0..<3, using: &random))
                let (page, vectors) = try await fixture.collection.page(
                    matching: filter, limit: limit, offset: offset, includesVectors: true)
                let expected = matches.dropFirst(offset).prefix(limit)
                #expect(page.map(\.key) == expected.map { model.records[$0].key }, place)
                #expect(vectors == expected.map { model.records[$0].vector }, place)

                let queries = [vector, random.vector(dimension: CollectionFixture.dimension)]
                let answer = try await fixture.collection.query(VectorQuery(queries, limit: 5, filter: filter))
                #expect(answer.plan.isExhaustive, place)
                #expect(
                    filter.text == nil ? answer.matches == matches.count : answer.matches >= matches.count, place)
                for (query, hits) in zip(queries, answer.hits) {
                    let truth = model.nearest(filter, to: query, k: 5)
                    #expect(hits.map(\.record.key) == truth.map(\.key), place)
                    #expect(zip(hits, truth).allSatisfy { abs($0.score - $1.score) < 1e-5 }, place)
                }
            }
        }
        #expect(try await fixture.collection.check() == [], "seed \(seed)")
    }

    /// While all records change again and again, each time in one transaction, every answer has all records of one time,
    /// with the distances that their vectors then had.
    @Test func aQuerySeesOneMoment() async throws {
        let fixture = try await CollectionFixture()
        let collection = fixture.collection
        let count = 40
        @Sendable func vector(_ number: Int, _ version: Int) -> [Float] {
            var vector = [Float](repeating: 0.1, count: CollectionFixture.dimension)
            vector[number % vector.count] += 1
            vector[(number + version) % vector.count] += Float(version) / 20
            return vector
        }
        @Sendable func records(_ version: Int) -> [NewRecord] {
            (0..<count).map { number in
                NewRecord(
                    key: "k\(number)", text: nil,
                    metadata: ["version": .integer(Int64(version)), "number": .integer(Int64(number))],
                    vector: vector(number, version))
            }
        }
        try await collection.add(records(0))
        let query = [Float](repeating: 1, count: CollectionFixture.dimension)
        let writer = Task {
            for version in 1...60 {
                switch version % 3 {
                case 0:
                    try await collection.remove(matching: RecordFilter(metadata: .field("version", .exists(true))))
                    try await collection.add(records(version))
                default: try await collection.upsert(records(version).map(RecordChange.init))
                }
            }
        }
        let readers = (0..<3).map { reader in
            Task {
                var versions: Set<Int> = []
                while versions.max() ?? 0 < 60 {
                    let filter =
                        reader == 0 ? RecordFilter() : RecordFilter(metadata: .field("number", .less(.integer(30))))
                    let answer = try await collection.query(VectorQuery([query], limit: 100, filter: filter))
                    let hits = answer.hits[0]
                    let found = Set(hits.compactMap { $0.record.metadata["version"]?.integerValue })
                    #expect(hits.isEmpty || (found.count == 1 && hits.count == (reader == 0 ? count : 30)))
                    versions.formUnion(found)
                    for hit in hits {
                        guard let number = hit.record.metadata["number"]?.integerValue, let version = found.first
                        else { continue }
                        let distance = Metric.cosine.distance(query, vector(number, version))
                        #expect(abs(hit.score - (1 - Double(distance))) < 1e-5)
                    }
                    let stored = try await collection.countRecords()
                    #expect(stored == count || stored == 0)
                }
            }
        }
        try await writer.value
        for reader in readers { try await reader.value }
        #expect(try await collection.check() == [])
    }

    @Test func settingsOfTheIndexAreKept() async throws {
        let fixture = try await CollectionStoreFixture()
        let settings = IndexSettings(maxNeighbors: 4, efConstruction: 20, efSearch: 7)
        let made = try await fixture.store.createCollection("flats", in: fixture.home, settings: settings).collection
        #expect(made.description.settings == settings)
        let collection = try await fixture.store.open(uid: made.uid)
        try await collection.add([NewRecord(key: "a", text: nil, vector: [1, 2])])
        #expect(settings.parameters.m == 4 && settings.parameters.efConstruction == 20)
        try await fixture.store.change(uid: made.uid, CollectionChange(efSearch: 50))
        #expect(collection.description.settings.efSearch == 50)
        #expect(try await fixture.store.collection(uid: made.uid)?.description.settings.efSearch == 50)
        #expect(IndexSettings(maxNeighbors: 0, efSearch: .max).parameters.m == 2)
    }
}
