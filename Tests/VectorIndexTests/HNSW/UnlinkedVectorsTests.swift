import TestSupport
import Testing

@testable import VectorIndex

/// Vectors that were appended and wait for their links, and such that were withdrawn and wait for their removal: every
/// search finds the former and none the latter, and so do changes and files.
@Suite struct UnlinkedVectorsTests {
    @Test(arguments: [Metric.cosine, .l2, .dot], [CodeScheme.none, .oneBit])
    func sequences(metric: Metric, codes: CodeScheme) throws {
        let seed: UInt64 = 0x0A11
        var data = SeededVectors(seed: seed)
        let dimension = 20
        let parameters = HNSWParameters(m: 6, m0: 12, efConstruction: 30, efSearch: 12, codes: codes)
        var index = try HNSWIndex(dimension: dimension, metric: metric, parameters: parameters)
        var truth: [UInt64: [Float]] = [:]
        var waiting: Set<UInt64> = []
        var withdrawn = 0
        try withTemporaryDirectory { folder in
            for step in 0..<2_400 {
                let place: Comment = "seed \(seed), \(metric), \(codes), step \(step)"
                let key = UInt64.random(in: 0..<1_500, using: &data)
                let vector = data.vector(dimension)
                switch Int.random(in: 0..<22, using: &data) {
                case 0..<14:
                    if truth[key] == nil {
                        try index.append(vector.span, key: key)
                        waiting.insert(key)
                    } else {
                        #expect(throws: VectorIndexError.keyExists(key), place) {
                            try index.append(vector.span, key: key)
                        }
                        try index.add(vector, key: key)
                    }
                    truth[key] = vector
                case 14..<16:
                    if truth.updateValue(vector, forKey: key) == nil { waiting.remove(key) }
                    try index.add(vector, key: key)
                case 16..<18:
                    #expect(try index.remove(key: key) == (truth.removeValue(forKey: key) != nil), place)
                    waiting.remove(key)
                case 18..<20:
                    let slot = index.slot(ofKey: key)
                    #expect(try index.withdraw(key: key) == slot, place)
                    #expect((slot != nil) == (truth.removeValue(forKey: key) != nil), place)
                    waiting.remove(key)
                    withdrawn += slot == nil ? 0 : 1
                default:
                    let left = try index.settle(atMost: 20)
                    #expect(left == max(0, waiting.count + withdrawn - 20), place)
                    waiting = waiting.filter { index.isUnlinked($0) }
                    withdrawn = left - waiting.count
                }
                #expect(index.count == truth.count, place)
                #expect(index.unsettledCount == waiting.count + withdrawn, place)
                guard step % 300 == 299 else { continue }
                #expect(index.checkInvariants() == [], place)
                try checkSearches(index, truth: truth, waiting: waiting, &data, place)
                let path = folder + "/index"
                try index.write(toPath: path, lastSequence: 1, fingerprint: Array(repeating: 0, count: 32))
                index = try HNSWIndex.open(path: path).index
                try index.verify()
                withdrawn = 0
                #expect(index.count == truth.count && index.unsettledCount == waiting.count, place)
                try checkSearches(index, truth: truth, waiting: waiting, &data, place)
            }
            while try index.settle(atMost: 100) > 0 {}
            #expect(index.checkInvariants() == [] && index.unsettledCount == 0)
            let queries = (0..<50).map { _ in data.vector(dimension) }
            #expect(try index.graphRecall(queries, k: 10, efSearch: 100) > 0.9, "seed \(seed), \(metric), \(codes)")
        }
    }

    /// As many results as there can be, and among them each waiting vector that belongs there.
    private func checkSearches(
        _ index: HNSWIndex, truth: [UInt64: [Float]], waiting: Set<UInt64>, _ data: inout SeededVectors,
        _ place: Comment
    ) throws {
        let queries = (0..<20).map { _ in data.vector(index.dimension) }
        let allowed = index.makeBitmap { $0 % 3 != 0 }
        let batch = try index.searchBatch(queries, k: 10)
        for (query, inBatch) in zip(queries, batch) {
            for (found, exact) in [
                (try index.search(query, k: 10), try index.exactSearch(query, k: 10)),
                (inBatch, try index.exactSearch(query, k: 10)),
                (
                    try index.search(query, k: 10, allowed: allowed),
                    try index.exactSearch(query, k: 10, allowed: allowed)
                ),
            ] {
                #expect(found.count == exact.count, place)
                let keys = Set(found.map(\.key))
                #expect(exact.allSatisfy { !waiting.contains($0.key) || keys.contains($0.key) }, place)
                #expect(keys.allSatisfy { truth[$0] != nil }, place)
            }
        }
    }

    @Test func anIndexOfUnlinkedVectorsAloneAnswersExactly() throws {
        var data = SeededVectors(seed: 7)
        let index = try HNSWIndex(dimension: 8, metric: .cosine)
        for key in 0..<2_000 { try index.append(data.vector(8).span, key: UInt64(key)) }
        let query = data.vector(8)
        #expect(try index.search(query, k: 5) == index.exactSearch(query, k: 5))
        let half = index.makeBitmap { $0 % 2 == 0 }
        #expect(try index.keys(in: half) == (0..<1_000).map { UInt64($0 * 2) })
        for key in 0..<2_000 where key % 2 == 1 { try index.withdraw(key: UInt64(key)) }
        #expect(throws: VectorIndexError.self) { try index.keys(in: half) }
        #expect(try index.keys(in: index.makeBitmap(words: [0b1110, 0, .max])).prefix(2) == [2, 128])
        for key in 0..<2_000 { try index.remove(key: UInt64(key)) }
        #expect(index.count == 0 && index.unsettledCount == 1_000)
        while try index.settle(atMost: 100) > 0 {}
        #expect(index.count == 0 && index.unsettledCount == 0 && index.checkInvariants() == [])
    }
}

extension HNSWIndex {
    fileprivate func isUnlinked(_ key: UInt64) -> Bool { keys[key].map { !graph.isLinked($0) } ?? false }
}
