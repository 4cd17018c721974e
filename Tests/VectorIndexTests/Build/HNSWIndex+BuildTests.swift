import Foundation
import Kernels
import TestSupport
import Testing

@testable import VectorIndex

@Suite struct HNSWIndexBuildTests {
    /// Cheap to build and to search.
    static let small = HNSWParameters(m: 6, m0: 12, efConstruction: 30, efSearch: 50)

    private func check(_ index: HNSWIndex, _ vectors: [[Float]], _ comment: Comment) throws {
        #expect(index.count == vectors.count, comment)
        #expect(index.checkInvariants() == [], comment)
        #expect(GraphProof(graph: index.graph).firstProblem() == nil, comment)
        #expect(index.staleRecords() == [], comment)
        for (key, vector) in vectors.enumerated() where key % 97 == 0 {
            #expect(index.contains(key: UInt64(key)), comment)
            #expect(index.vector(forKey: UInt64(key))?.count == vector.count, comment)
        }
    }

    @Test(arguments: [0, 1, 2, 3, 10, 97, 257], Metric.allCases)
    func fewVectors(count: Int, metric: Metric) throws {
        var data = SeededVectors(seed: UInt64(count))
        let vectors = (0..<count).map { _ in data.vector(5) }
        let index = try bulkIndex(vectors, dimension: 5, metric: metric)
        try check(index, vectors, "\(count) vectors, \(metric)")
        let query = data.vector(5)
        let found = try index.graphSearch(query, k: 7, efSearch: max(1, count))
        #expect(found == (try index.exactSearch(query, k: 7)), "\(count) vectors, \(metric)")
    }

    @Test(arguments: [1_023, 1_024, 2_500])
    func manyVectors(count: Int) throws {
        let metric = Metric.allCases[count % 3]
        var data = SeededVectors(seed: UInt64(count))
        var parameters = Self.small
        parameters.codes = [.fourBit, .oneBit, .eightBit][count % 3]
        let vectors = data.clustered(count: count, dimension: 16, clusters: 20, spread: 0.5)
        let index = try bulkIndex(vectors, metric: metric, parameters: parameters, threads: 2)
        try check(index, vectors, "\(count) vectors, \(metric)")
        #expect((index.codes == nil) == (count < 1_024))
        #expect(index.trainedCount == (count < 1_024 ? 0 : count))
    }

    @Test(arguments: [(2, 2), (3, 5), (4, 8)], Metric.allCases)
    func fewLinks(limits: (m: Int, m0: Int), metric: Metric) throws {
        var data = SeededVectors(seed: 0x61)
        let parameters = HNSWParameters(m: limits.m, m0: limits.m0, efConstruction: 10, efSearch: 10)
        for count in [3, 40, 300] {
            let vectors = data.clustered(count: count, dimension: 4, clusters: 5, spread: 0.2)
            let index = try bulkIndex(vectors, metric: metric, parameters: parameters)
            try check(index, vectors, "\(count) vectors, \(limits)")
            // Level 0 is connected: a walk as wide as the index meets everything.
            #expect(try index.graphSearch(vectors[0], k: count, efSearch: count).count == count)
        }
    }

    @Test(arguments: [RowFormat.float32, .bfloat16])
    func identicalVectors(format: RowFormat) throws {
        var parameters = Self.small
        parameters.rows = format
        for (count, metric) in [(300, Metric.cosine), (1_030, .l2)] {
            let vectors = Array(repeating: [1, -2, 3] as [Float], count: count)
            let index = try bulkIndex(vectors, metric: metric, parameters: parameters)
            try check(index, vectors, "\(count) copies")
            #expect(try index.graphSearch([1, 0, 0], k: count, efSearch: count).count == count)
        }
    }

    /// Groups of copies larger than the lists of candidates must not become islands.
    @Test func manyDuplicates() throws {
        let seed: UInt64 = 0x62
        var data = SeededVectors(seed: seed)
        let originals = (0..<24).map { _ in data.vector(12) }
        let vectors = (0..<1_200).map { originals[$0 % 24] }
        let bulk = try bulkIndex(vectors, metric: .l2, parameters: Self.small)
        try check(bulk, vectors, "copies of 24 vectors")
        let single = try makeIndex(vectors, metric: .l2, parameters: Self.small)
        func hits(_ index: HNSWIndex) throws -> Int {
            try originals.count { try index.graphSearch($0, k: 10, efSearch: 50).allSatisfy { $0.distance < 1e-3 } }
        }
        let (found, wanted) = (try hits(bulk), try hits(single))
        #expect(found >= wanted - 1, "seed \(seed): \(found) of 24 found, one by one \(wanted)")
    }

    @Test(arguments: Metric.allCases)
    func recallIsThatOfInsertion(metric: Metric) throws {
        let seed: UInt64 = 0x63
        var data = SeededVectors(seed: seed)
        let vectors = data.clustered(count: 1_080, dimension: 24, clusters: 16, spread: 0.6)
        let (stored, queries) = (Array(vectors.prefix(1_030)), Array(vectors.suffix(50)))
        let parameters = HNSWParameters(m: 8, m0: 16, efConstruction: 40, efSearch: 40, codes: .fourBit)
        let bulk = try bulkIndex(stored, metric: metric, parameters: parameters, threads: 2)
        let single = try makeIndex(stored, metric: metric, parameters: parameters)
        for ef in [20, 40] {
            let recalls = (
                try bulk.graphRecall(queries, k: 10, efSearch: ef), try single.graphRecall(queries, k: 10, efSearch: ef)
            )
            #expect(
                recalls.0 >= recalls.1 - 0.02,
                "seed \(seed), \(metric), ef \(ef): \(recalls.0), one by one \(recalls.1)")
        }
    }

    @Test func threadsDoNotMatter() throws {
        var data = SeededVectors(seed: 0x64)
        let vectors = data.clustered(count: 1_030, dimension: 10, clusters: 9, spread: 0.4)
        var parameters = Self.small
        parameters.codes = .oneBit
        let indexes = try (1...3).map { try bulkIndex(vectors, parameters: parameters, threads: $0) }
        for index in indexes.dropFirst() {
            #expect(index.graph.fingerprint == indexes[0].graph.fingerprint)
            let (a, b) = (try #require(index.codes), try #require(indexes[0].codes))
            #expect((0..<(1_030 * a.layout.strideBytes)).allSatisfy { a.records[$0] == b.records[$0] })
        }
    }

    @Test(arguments: [0, 1, 2, 300, 780], [1, 3])
    func progressRisesToOne(count: Int, threads: Int) throws {
        var data = SeededVectors(seed: 0x65)
        let vectors = (0..<count).map { _ in data.vector(4) }
        var shown: [Double] = []
        let caller = Thread.current
        let index = try bulkIndex(vectors, dimension: 4, parameters: Self.small, threads: threads) { fraction in
            #expect(Thread.current === caller)
            shown.append(fraction)
            return true
        }
        #expect(index.count == count)
        #expect(shown == shown.sorted() && shown.allSatisfy { (0...1).contains($0) }, "\(shown)")
        #expect(shown.last == 1, "\(shown)")
    }

    @Test(arguments: [1, 2])
    func cancelledAtAnyCall(threads: Int) throws {
        var data = SeededVectors(seed: 0x66)
        let vectors = (0..<110).map { _ in data.vector(3) }
        var callCount = 0
        _ = try bulkIndex(vectors, parameters: Self.small, threads: threads) { _ in
            callCount += 1
            return true
        }
        #expect(callCount > 3)
        // On several threads the number of calls is chance; fewer than the least of them always come.
        for last in 1...(threads == 1 ? callCount : 3) {
            var calls = 0
            #expect(throws: VectorIndexError.cancelled) {
                try bulkIndex(vectors, parameters: Self.small, threads: threads) { _ in
                    calls += 1
                    return calls < last
                }
            }
            #expect(calls == last)
        }
    }

    @Test func badKeys() throws {
        let vectors: [Float] = [1, 0, 0, 1, 1, 1]
        func build(_ vectors: [Float], _ keys: [UInt64]) throws -> HNSWIndex {
            try HNSWIndex.build(vectors.span, keys: keys, dimension: 2, metric: .l2)
        }
        #expect(throws: VectorIndexError.badKeys(expected: 3, found: 2, repeated: nil)) { try build(vectors, [1, 2]) }
        #expect(throws: VectorIndexError.badKeys(expected: 3, found: 4, repeated: nil)) {
            try build(vectors, [1, 2, 3, 4])
        }
        #expect(throws: VectorIndexError.badKeys(expected: 3, found: 3, repeated: 9)) { try build(vectors, [9, 2, 9]) }
        #expect(throws: VectorIndexError.dimensionMismatch(expected: 2, found: 1)) { try build([1, 2, 3], [5]) }
        #expect(throws: VectorIndexError.badKeys(expected: 1, found: 0, repeated: nil)) { try build([1, 2], []) }
        #expect(try build(vectors, [.max, 0, 7]).search([1, 0.9], k: 3).map(\.key) == [7, .max, 0])
    }

    @Test func badVectorsAndParameters() throws {
        let keys: [UInt64] = [1, 2]
        func build(_ vectors: [Float], dimension: Int = 2, threads: Int = 1, m: Int = 4) throws -> HNSWIndex {
            try HNSWIndex.build(
                vectors.span, keys: keys, dimension: dimension, metric: .cosine,
                parameters: HNSWParameters(m: m, m0: 8), threads: threads)
        }
        #expect(try build([1, 2, 0, 0]).vector(forKey: 2) == [0, 0])
        #expect(throws: VectorIndexError.badRow(1, reason: .notFinite(component: 0))) { try build([1, 2, .nan, 1]) }
        let infinite = VectorIndexError.badRow(0, reason: .notFinite(component: 1))
        #expect(throws: infinite) { try build([1, .infinity, 0, 0]) }
        for threads in [0, -1, 65, Int.max] {
            #expect(throws: VectorIndexError.self) { try build([1, 2, 3, 4], threads: threads) }
        }
        for dimension in [0, -2, 4_097, Int.max] {
            #expect(throws: VectorIndexError.self) { try build([1, 2, 3, 4], dimension: dimension) }
        }
        #expect(throws: VectorIndexError.self) { try build([1, 2, 3, 4], m: 1) }
        #expect(try build([1, 2, 3, 4], threads: 64).count == 2)
    }

    /// What was built at once goes on like any other index.
    @Test func changesAfterwards() throws {
        let seed: UInt64 = 0x67
        var data = SeededVectors(seed: seed)
        var parameters = Self.small
        parameters.codes = .fourBit
        var alive: [UInt64: [Float]] = [:]
        let vectors = (0..<1_050).map { _ in data.vector(6) }
        for (key, vector) in vectors.enumerated() { alive[UInt64(key)] = vector }
        let index = try bulkIndex(vectors, metric: .l2, parameters: parameters)
        for _ in 0..<300 {
            let key = UInt64.random(in: 0..<1_300, using: &data)
            if Bool.random(using: &data) {
                #expect(try index.remove(key: key) == (alive.removeValue(forKey: key) != nil))
            } else {
                let vector = data.vector(6)
                alive[key] = vector
                try index.add(vector, key: key)
            }
        }
        #expect(index.checkInvariants() == [] && index.staleRecords() == [])
        #expect(index.count == alive.count)
        for (key, vector) in alive { #expect(index.vector(forKey: key) == vector, "seed \(seed)") }
    }
}
