import TestSupport
import Testing

@testable import VectorIndex

/// Inputs at the ends of what is allowed, and just beyond, each with its defined answer.
@Suite struct HNSWIndexEdgeCaseTests {
    /// All ways to search without a filter, with one that allows everything, and in a batch.
    private func allAnswers(_ index: HNSWIndex, _ query: [Float], k: Int, efSearch: Int? = nil) throws -> [[Neighbor]] {
        let all = index.makeBitmap { _ in true }
        return [
            try index.search(query, k: k, efSearch: efSearch),
            try index.search(query, k: k, efSearch: efSearch, allowed: all),
            try index.exactSearch(query, k: k), try index.exactSearch(query, k: k, allowed: all),
            try index.searchBatch([query], k: k, efSearch: efSearch)[0], try index.exactSearchBatch([query], k: k)[0],
        ]
    }

    @Test(arguments: Metric.allCases, RowFormat.allCases)
    func emptyAndSingle(metric: Metric, rows: RowFormat) throws {
        let index = try HNSWIndex(dimension: 3, metric: metric, parameters: HNSWParameters(rows: rows))
        for k in [1, 7, Int.max] { #expect(try allAnswers(index, [1, 2, 3], k: k).allSatisfy { $0.isEmpty }) }
        #expect(try index.searchBatch([], k: 1) == [] && index.exactSearchBatch([], k: 1) == [])
        try index.add([0, 4, 0], key: .max)
        let distance: Float = [.cosine: 0, .dot: -16, .l2: 0][metric] ?? .nan
        for k in [1, 7, Int.max] {
            for answer in try allAnswers(index, [0, 4, 0], k: k) {
                #expect(answer == [Neighbor(key: .max, distance: distance)])
            }
        }
        #expect(index.checkInvariants() == [])
        try index.remove(key: .max)
        #expect(try allAnswers(index, [1, 2, 3], k: 2).allSatisfy { $0.isEmpty })
        #expect(index.checkInvariants() == [])
    }

    @Test func badArguments() throws {
        let index = try makeIndex([[1, 0], [0, 1]])
        for k in [0, -1, Int.min] {
            let error = VectorIndexError.invalidParameter(name: "k", value: k, allowed: "1 or more")
            #expect(throws: error) { try index.search([1, 0], k: k) }
            #expect(throws: error) { try index.exactSearch([1, 0], k: k) }
            #expect(throws: error) { try index.searchBatch([[1, 0]], k: k) }
            #expect(throws: error) { try index.exactSearchBatch([[1, 0]], k: k) }
        }
        for threads in [0, -1, 65, Int.max] {
            let error = VectorIndexError.invalidParameter(
                name: "threads", value: threads, allowed: "a number from 1 to 64")
            #expect(throws: error) { try index.searchBatch([[1, 0]], k: 1, threads: threads) }
            #expect(throws: error) { try index.exactSearchBatch([[1, 0]], k: 1, threads: threads) }
        }
        for ef in [0, -5, 100_001, Int.max] {
            let error = VectorIndexError.invalidParameter(
                name: "efSearch", value: ef, allowed: "a number from 1 to 100000")
            #expect(throws: error) { try index.search([1, 0], k: 1, efSearch: ef) }
            #expect(throws: error) { try index.searchBatch([[1, 0]], k: 1, efSearch: ef) }
        }
    }

    /// One bad query fails the whole batch.
    @Test(arguments: Metric.allCases)
    func badQueriesOfABatch(metric: Metric) throws {
        let index = try makeIndex([[1, 0], [0, 1]], metric: metric)
        func check(_ queries: [[Float]], _ error: VectorIndexError) {
            #expect(throws: error) { try index.searchBatch(queries, k: 1) }
            #expect(throws: error) { try index.exactSearchBatch(queries, k: 1) }
        }
        check([[1, 0], [1]], .dimensionMismatch(expected: 2, found: 1))
        check([[1, 0], [.nan, 1]], .notFinite(component: 0))
        check([[1, -.infinity], [1, 1]], .notFinite(component: 1))
        #expect(try index.searchBatch([[1, 0], [0, 0]], k: 1).count == 2)
        if metric != .cosine {
            #expect(throws: VectorIndexError.self) { try index.searchBatch([[1e30, 0]], k: 1) }
        }
    }

    /// Beyond the number of vectors, k and efSearch mean all of them.
    @Test(arguments: CodedSetup.all)
    func moreThanThereIs(setup: CodedSetup) throws {
        let index = try setup.index
        let query: [Float] = [1, 2, 3, 4, 5, 6, 7, 8]
        let truth = try index.exactSearch(query, k: 5_000)
        #expect(truth.count == index.count)
        #expect(try index.graphSearch(query, k: 5_000, efSearch: 1) == truth)
        #expect(try index.graphSearch(query, k: 20, efSearch: 100_000) == Array(truth.prefix(20)))
        for k in [index.count, Int.max] {
            for answer in try allAnswers(index, query, k: k, efSearch: 100_000) { #expect(answer == truth) }
        }
        #expect(try index.search(query, k: 20, efSearch: 100_000) == Array(truth.prefix(20)))
    }

    /// Walks with codes: as many results as asked for, with exact distances, and nearly the nearest.
    @Test(arguments: CodedSetup.all)
    func allSchemesAndFormats(setup: CodedSetup) throws {
        let seed: UInt64 = 0xA5
        var data = SeededVectors(seed: seed)
        let index = try setup.index
        #expect(index.checkInvariants() == [])
        let queries = (0..<15).map { _ in data.vector(8) }
        var found: [[Neighbor]] = [], truth: [[Neighbor]] = []
        for query in queries {
            let all = try index.exactSearch(query, k: 5_000)
            let exact = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0.distance) })
            let walked = try index.graphSearch(query, k: 10, efSearch: 150)
            #expect(walked.count == 10 && walked.allSatisfy { exact[$0.key] == $0.distance })
            found.append(walked)
            truth.append(Array(all.prefix(10)))
        }
        let share = recall(found: found, truth: truth)
        #expect(share >= (setup.metric == .dot ? 0.8 : 0.95), "seed \(seed), \(setup): recall \(share)")
    }

    // MARK: Vectors

    /// One bit of one component, and the rest padding.
    @Test(arguments: [(CodeScheme.oneBit, Metric.l2), (.fourBit, .dot)])
    func oneDimensionWithCodes(scheme: CodeScheme, metric: Metric) throws {
        let vectors = (0..<1_030).map { [Float($0 - 515)] }
        let index = try makeBulkIndex(vectors, metric: metric, parameters: HNSWParameters(codes: scheme))
        #expect((index.codes == nil) == (scheme == .none))
        #expect(index.checkInvariants() == [])
        let found = try index.graphSearch([100.2], k: 3, efSearch: 1_030)
        #expect(found.map(\.key) == (metric == .l2 ? [615, 616, 614] : [1_029, 1_028, 1_027]))
        #expect(try index.exactSearch([100.2], k: 3) == found)
        try index.add([1_000], key: 5_000)
        #expect(try index.search([1_000], k: 1).map(\.key) == [5_000])
    }

    @Test(arguments: Metric.allCases)
    func theLargestDimension(metric: Metric) throws {
        var data = SeededVectors(seed: 4_096)
        let vectors = (0..<12).map { _ in data.vector(4_096) }
        for scheme in CodeScheme.allCases {
            let parameters = HNSWParameters(rows: .bfloat16, codes: scheme)
            let index = try makeBulkIndex(vectors, metric: metric, parameters: parameters)
            try index.add(vectors[3].map { -$0 }, key: 99)
            #expect(index.checkInvariants() == [])
            let query = vectors[3]
            #expect(try index.graphSearch(query, k: 4, efSearch: 13) == index.exactSearch(query, k: 4))
            #expect(try index.search(query, k: 13).last?.key == 99)
            if metric != .dot { #expect(try index.search(query, k: 1).map(\.key) == [3]) }
        }
        for dimension in [0, -1, 4_097, Int.max] {
            #expect(throws: VectorIndexError.self) { try HNSWIndex(dimension: dimension, metric: metric) }
        }
    }

    /// Codes of vectors of 4,096 components, by hand: what the index would do at 1,024 of them takes a test too long.
    @Test(arguments: [(CodeScheme.oneBit, Metric.cosine), (.fourBit, .dot), (.eightBit, .l2)])
    func codesOfTheLargestDimension(scheme: CodeScheme, metric: Metric) throws {
        var data = SeededVectors(seed: 4_097)
        let vectors = (0..<40).map { _ in data.vector(4_096) }
        let parameters = HNSWParameters(codes: scheme)
        let plain = try makeBulkIndex(vectors, metric: metric, parameters: parameters)
        let codes = try CodeTraining.makeCodes(
            scheme: scheme, rows: plain.rows, slotCount: 40, live: plain.graph.live, seed: 1)
        let index = HNSWIndex(
            parameters: parameters, graph: plain.graph, rows: plain.rows, codes: codes, trainedCount: 40,
            keys: plain.keys)
        for query in vectors.prefix(5) {
            #expect(try index.graphSearch(query, k: 5, efSearch: 40) == index.exactSearch(query, k: 5))
        }
        try index.add(vectors[0], key: 100)
        #expect(try index.graphSearch(vectors[0], k: 2, efSearch: 41).map(\.key) == [0, 100])
        #expect(index.checkInvariants() == [])
    }

    /// The zero vector has no direction: under cosine it is as far from all others as what is orthogonal to them.
    @Test func zeroVectors() throws {
        let cosine = try HNSWIndex(dimension: 2, metric: .cosine)
        try cosine.add([0, -0.0], key: 1)
        try cosine.add([3, 0], key: 2)
        try cosine.add([-1, 0], key: 3)
        #expect(try cosine.search([1, 0], k: 3).map(\.distance) == [0, 1, 2])
        #expect(try cosine.search([0, 0], k: 3).map(\.distance) == [1, 1, 1])
        #expect(cosine.vector(forKey: 1) == [0, 0] && cosine.checkInvariants() == [])
    }

    @Test(arguments: [(CodeScheme.oneBit, Metric.l2), (.fourBit, .dot), (.oneBit, .cosine)])
    func zeroVectorsAmongOthers(scheme: CodeScheme, metric: Metric) throws {
        var data = SeededVectors(seed: 0x0)
        let zero = [Float](repeating: 0, count: 8)
        let vectors = (0..<1_030).map { $0 % 3 == 0 ? zero : data.vector(8) }
        let parameters = HNSWParameters(m: 4, m0: 8, codes: scheme)
        let index = try makeBulkIndex(vectors, metric: metric, parameters: parameters)
        #expect(index.checkInvariants() == [])
        let nearest: Float = metric == .cosine ? 1 : 0
        #expect(try index.exactSearch(zero, k: 5).allSatisfy { $0.distance == nearest })
        // Of 344: the walk ends among vectors that are farther, so a few copies behind them may be missed, by the CPU's rounding.
        let found = try index.graphSearch(zero, k: 300, efSearch: 1_030)
        #expect(found.count == 300 && found.allSatisfy { $0.distance == nearest })
        if metric == .l2 { #expect(found.allSatisfy { $0.key % 3 == 0 }) }
        try index.add(zero, key: 0)
        #expect(index.vector(forKey: 0) == zero && index.checkInvariants() == [])
    }

    /// Thousands of copies of one vector, built at once and added one by one.
    @Test(arguments: [(CodeScheme.none, Metric.cosine), (.oneBit, .l2)])
    func copies(scheme: CodeScheme, metric: Metric) throws {
        let copy: [Float] = [1, -2, 3, 0.5]
        let count: UInt64 = scheme == .none ? 1_300 : 1_030
        let index = try makeBulkIndex(
            Array(repeating: copy, count: Int(count)), metric: metric,
            parameters: HNSWParameters(m: 4, m0: 8, efConstruction: 20, codes: scheme))
        for key in count..<(count + 50) { try index.add(copy, key: key) }
        #expect(index.checkInvariants() == [])
        let distance = try index.exactSearch(copy, k: 1)[0].distance
        for answer in try allAnswers(index, copy, k: 200) {
            #expect(answer.count == 200 && Set(answer.map(\.key)).count == 200)
            #expect(answer.allSatisfy { $0.distance == distance })
        }
        #expect(try index.graphSearch(copy, k: .max, efSearch: 1).count == Int(count) + 50)
        for key in stride(from: UInt64(0), to: count, by: 21) { try index.remove(key: key) }
        #expect(index.checkInvariants() == [])
        #expect(try index.graphSearch(copy, k: .max, efSearch: 1).count == index.count)
    }

    /// Vectors as long as they may be, pointing everywhere: estimates may overflow, answers may not.
    @Test(arguments: [(CodeScheme.oneBit, Metric.l2), (.eightBit, .dot)])
    func theLongestVectors(scheme: CodeScheme, metric: Metric) throws {
        var data = SeededVectors(seed: 0x1E)
        let length = Float(Metric.maximumSquaredNorm.squareRoot()) * 0.999
        let vectors = (0..<1_030).map { _ in
            let vector = data.vector(8)
            let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return vector.map { $0 / norm * length }
        }
        let index = try makeBulkIndex(vectors, metric: metric, parameters: HNSWParameters(m: 4, m0: 8, codes: scheme))
        #expect(index.checkInvariants() == [])
        for query in vectors.prefix(2) {
            let truth = try index.exactSearch(query, k: 1_030)
            #expect(truth.allSatisfy { $0.distance.isFinite })
            #expect(try index.graphSearch(query, k: 1_030, efSearch: 1_030) == truth)
            #expect(try index.search(query, k: 1)[0].distance == truth[0].distance)
        }
    }

    // MARK: Bitmaps

    /// A replaced vector keeps its slot: bitmaps made before stay good, and find the new vector.
    @Test(arguments: [CodeScheme.none, .fourBit])
    func replacedKeysKeepBitmaps(scheme: CodeScheme) throws {
        let index = try CodedSetup.of(scheme).make()
        #expect(index.metric == .l2)
        let allowed = index.makeBitmap(keys: [2, 3, 4, 700])
        let far = [Float](repeating: 50, count: 8)
        for key: UInt64 in [2, 700, 800] { try index.add(far, key: key) }
        #expect(index.checkInvariants() == [])
        #expect(try index.search(far, k: 2, allowed: allowed).map(\.key) == [2, 700])
        #expect(try index.exactSearch(far, k: 2, allowed: allowed).map(\.key) == [2, 700])
        #expect(try index.search(far, k: 10, allowed: allowed).count == 4)
        #expect(try index.graphSearch(far, k: 3, efSearch: 20).map(\.key) == [2, 700, 800])
    }

    @Test func bitmapsOfNothingAndOfAll() throws {
        let index = try CodedSetup.of(.oneBit).index
        let query = [Float](repeating: 1, count: 8)
        let none = index.makeBitmap(keys: [1, 999_999])
        #expect(none.isEmpty)
        #expect(
            try index.search(query, k: 5, allowed: none) == [] && index.exactSearch(query, k: 5, allowed: none) == [])
        let all = index.makeBitmap { _ in true }
        #expect(all.count == index.count)
        #expect(try index.search(query, k: 5, allowed: all) == index.search(query, k: 5))
        let twice = index.makeBitmap(keys: [0, 0, 2, 0])
        #expect(twice.count == 2)
        #expect(try Set(index.search(query, k: 5, allowed: twice).map(\.key)) == [0, 2])
    }
}
