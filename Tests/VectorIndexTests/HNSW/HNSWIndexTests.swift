import TestSupport
import Testing

@testable import VectorIndex

@Suite struct HNSWIndexTests {
    @Test func emptyIndex() throws {
        let index = try HNSWIndex(dimension: 3, metric: .cosine)
        #expect(index.count == 0)
        #expect(!index.contains(key: 0))
        #expect(index.vector(forKey: 0) == nil)
        #expect(try index.search([1, 2, 3], k: 5) == [])
        #expect(try index.exactSearch([1, 2, 3], k: 5) == [])
        #expect(try !index.remove(key: 0))
        #expect(index.makeBitmap { _ in true }.isEmpty)
        #expect(index.checkInvariants() == [])
        #expect(index.dump().contains("0 vectors"))
        #expect(index.dump(key: 4) == nil)
        #expect(try index.search([0, 0, 0], k: 5) == [])
    }

    @Test func moreAskedForThanThere() throws {
        let index = try makeIndex([[1, 0], [0, 1], [1, 1]])
        for k in [3, 4, 1_000_000, Int.max] {
            #expect(try index.search([1, 0.1], k: k).map(\.key) == [0, 2, 1])
            #expect(try index.exactSearch([1, 0.1], k: k).map(\.key) == [0, 2, 1])
            #expect(try index.graphSearch([1, 0.1], k: k, efSearch: 1).map(\.key) == [0, 2, 1])
        }
    }

    @Test func badArguments() throws {
        let index = try makeIndex([[1, 0], [0, 1]])
        for k in [0, -1, Int.min] {
            let error = VectorIndexError.invalidParameter(name: "k", value: k, allowed: "1 or more")
            #expect(throws: error) { try index.search([1, 0], k: k) }
            #expect(throws: error) { try index.exactSearch([1, 0], k: k) }
        }
        for ef in [0, -5, 100_001, Int.max] {
            #expect(throws: VectorIndexError.self) { try index.search([1, 0], k: 1, efSearch: ef) }
        }
    }

    @Test func duplicatesComeBackByKey() throws {
        let index = try HNSWIndex(dimension: 2, metric: .l2)
        for key in [UInt64.max, 7, 0, 9] { try index.add([1, 2], key: key) }
        #expect(try index.search([1, 2], k: 4).map(\.key) == [0, 7, 9, .max])
        #expect(try index.graphSearch([1, 2], k: 4, efSearch: 4).map(\.key) == [0, 7, 9, .max])
    }

    @Test func replacing() throws {
        let index = try makeIndex([[1, 0], [0, 1], [1, 1]])
        let generation = index.makeBitmap { _ in true }.generation
        try index.add([-1, 0], key: 0)
        #expect(index.count == 3)
        #expect(index.makeBitmap { _ in true }.generation == generation)
        #expect(index.vector(forKey: 0) == [-1, 0])
        #expect(try index.search([-1, 0.1], k: 1).map(\.key) == [0])
        #expect(index.checkInvariants() == [])
    }

    @Test func removingEverythingAndStartingAgain() throws {
        let seed: UInt64 = 0xE1
        var data = SeededVectors(seed: seed)
        let vectors = (0..<200).map { _ in data.vector(8) }
        let index = try makeIndex(vectors)
        for key in (0..<UInt64(200)).shuffled(using: &data) {
            #expect(try index.remove(key: key))
            #expect(try !index.remove(key: key))
            #expect(index.checkInvariants() == [], "seed \(seed), after removing \(key)")
        }
        #expect(index.count == 0)
        #expect(index.graph.entryPoint == nil && index.graph.root == nil)
        for (key, vector) in vectors.enumerated() { try index.add(vector, key: UInt64(key)) }
        #expect(index.graph.slotCount == 200)
        #expect(index.checkInvariants() == [])
    }

    @Test(arguments: [1, 2, 16, 17, 4_096], Metric.allCases)
    func dimensions(dimension: Int, metric: Metric) throws {
        var data = SeededVectors(seed: UInt64(dimension))
        let vectors = (0..<40).map { _ in data.vector(dimension) }
        let index = try makeIndex(vectors, metric: metric)
        for query in vectors.prefix(5) {
            let found = try index.graphSearch(query, k: 5, efSearch: 40)
            // Which of equally near ones is free.
            let exact = try index.exactSearch(query, k: 5)
            #expect(found.map(\.distance) == exact.map(\.distance), "seed \(dimension)")
        }
        #expect(index.checkInvariants() == [])
    }

    /// Sorted numbers on a line make the tallest spanning tree: each is the child of the one before.
    @Test func sortedInput() throws {
        let parameters = HNSWParameters(m: 2, m0: 2, efConstruction: 10, efSearch: 10)
        let index = try makeIndex((0..<1_500).map { [Float($0)] }, metric: .l2, parameters: parameters)
        #expect(index.checkInvariants() == [])
        for key in stride(from: UInt64(0), to: 1_500, by: 7) { #expect(try index.remove(key: key)) }
        #expect(index.checkInvariants() == [])
        #expect(try index.graphSearch([701.2], k: 1, efSearch: 1_286).map(\.key) == [701])
    }

    @Test func sameSeedAndOrderMakeTheSameGraph() throws {
        var data = SeededVectors(seed: 0xE2)
        let vectors = data.clustered(count: 400, dimension: 12, clusters: 5, spread: 0.3)
        func build(seed: UInt64) throws -> HNSWIndex {
            let index = try makeIndex(vectors, parameters: HNSWParameters(seed: seed))
            for key in stride(from: UInt64(0), to: 400, by: 3) { try index.remove(key: key) }
            for key in stride(from: UInt64(0), to: 400, by: 6) { try index.add(vectors[Int(key)], key: key) }
            return index
        }
        func links(_ index: HNSWIndex) -> [[UInt32]] {
            (0..<UInt32(index.graph.slotCount)).flatMap { slot in
                (0...index.graph.level(of: slot)).map { index.graph.neighbors(of: slot, level: $0) }
            }
        }
        let first = try build(seed: 5)
        #expect(links(first) == links(try build(seed: 5)))
        #expect(links(first) != links(try build(seed: 6)))
    }

    /// Threads, not tasks: the searches must truly overlap.
    @Test func parallelSearchesEqualSerialOnes() throws {
        let seed: UInt64 = 0xE3
        var data = SeededVectors(seed: seed)
        let vectors = data.clustered(count: 900, dimension: 24, clusters: 10, spread: 0.5)
        let index = try makeIndex(Array(vectors.prefix(800)))
        let even = index.makeBitmap { $0 % 2 == 0 }
        let queries = Array(vectors.suffix(100))
        @Sendable func answers() -> [[Neighbor]] {
            queries.flatMap { query in
                [
                    (try? index.graphSearch(query, k: 10, efSearch: 40)) ?? [],
                    (try? index.graphSearch(query, k: 10, efSearch: 40, allowed: even)) ?? [],
                    (try? index.search(query, k: 10)) ?? [],
                ]
            }
        }
        let serial = answers()
        #expect(serial.allSatisfy { $0.count == 10 })
        let parallel = onThreads(4) { answers() }
        for answer in parallel { #expect(answer == serial, "seed \(seed)") }
    }
}
