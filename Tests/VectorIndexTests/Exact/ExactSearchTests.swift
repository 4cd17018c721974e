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
        for key in stride(from: UInt64(0), to: 700, by: 5) { try index.remove(key: key) }
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

    /// Of equally near vectors the lower slots are taken, and come back by key.
    @Test func tiesGoToTheLowerSlots() throws {
        let index = try HNSWIndex(dimension: 1, metric: .l2)
        for key in [UInt64(9), 8, 7, 6, 5] { try index.add([1], key: key) }
        #expect(try index.exactSearch([1], k: 3).map(\.key) == [7, 8, 9])
    }

    /// The scan of codes: allowed slots only, exact distances, and the whole truth where all are read again.
    @Test(arguments: CodedSetup.all.filter { $0.scheme != .none })
    func scansOfCodes(setup: CodedSetup) throws {
        let seed: UInt64 = 0xE6
        var data = SeededVectors(seed: seed)
        let index = try setup.index
        let codes = try #require(index.codes)
        let search = ExactSearch(graph: index.graph, rows: index.rows)
        for allowed in [nil, index.makeBitmap { $0 % 3 == 1 }] {
            let query = data.vector(8)
            let truth = try index.exactSearch(query, k: 10, allowed: allowed)
            func scan(reranked: Int) throws -> [Candidate] {
                try index.scratchPool.withScratch { scratch in
                    let span = query.span
                    try setup.metric.prepare(span, dimension: 8, into: scratch.query.base)
                    codes.prepare(scratch.query.base, into: scratch.beam.queryCode)
                    search.searchCodes(codes, k: 10, reranked: reranked, allowed: allowed, scratch: scratch)
                    return scratch.nearest.takeSorted().map { Candidate(rank: $0) }
                }
            }
            let whole = try scan(reranked: 1_100)
            #expect(whole.map(\.distance) == truth.map(\.distance), "seed \(seed)")
            let some = try scan(reranked: 150)
            #expect(some.count == 10 && some.allSatisfy { allowed?.contains($0.slot) ?? true })
            let bound = truth[9].distance
            #expect(some.count { $0.distance <= bound } >= 8, "seed \(seed)")
            #expect(zip(some, truth).allSatisfy { $0.distance >= $1.distance })
        }
    }
}
