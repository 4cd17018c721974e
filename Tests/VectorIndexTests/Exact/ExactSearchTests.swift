import Kernels
import TestSupport
import Testing

@testable import VectorIndex

@Suite struct ExactSearchTests {
    /// More vectors than a block holds, with holes, against sorting in Double.
    @Test func agreesWithSorting() throws {
        let seed: UInt64 = 0xE5
        var data = SeededVectors(seed: seed)
        let vectors = (0..<700).map { _ in data.vector(5) }
        let parameters = HNSWParameters(m: 2, m0: 4, efConstruction: 4)
        let index = try makeIndex(vectors, metric: .l2, parameters: parameters)
        for key in stride(from: UInt64(0), to: 700, by: 5) { index.remove(key: key) }
        let alive = (0..<700).filter { $0 % 5 != 0 }
        for allowed in [nil, index.makeBitmap { $0 % 2 == 1 }] {
            let query = data.vector(5)
            let matches = alive.filter { allowed == nil || $0 % 2 == 1 }
            let sorted = matches.sorted {
                Reference.squaredL2(vectors[$0], query) < Reference.squaredL2(vectors[$1], query)
            }
            let found = try index.exactSearch(query, k: 50, allowed: allowed)
            #expect(found.map { Int($0.key) } == Array(sorted.prefix(50)), "seed \(seed)")
            #expect(try index.exactSearch(query, k: 1_000, allowed: allowed).count == matches.count)
        }
    }

    @Test func smallSetsAreScanned() {
        #expect(ExactSearch.isCheaper(matches: 1_000, count: 1_000, ef: 100))
        #expect(!ExactSearch.isCheaper(matches: 100_000, count: 100_000, ef: 100))
        #expect(ExactSearch.isCheaper(matches: 1_000, count: 100_000, ef: 100))
        #expect(!ExactSearch.isCheaper(matches: 50_000, count: 100_000, ef: 100))
    }
}
