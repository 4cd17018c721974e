import Foundation
import TestSupport
import Testing
import VectorIndex

@testable import propertypro

@Suite struct BackgroundSearcherTests {
    private func matrix(_ count: Int, dimension: Int, seed: UInt64) -> VectorMatrix {
        let rows = MatrixBytes.vectors(count, dimension: dimension, seed: seed)
        return VectorMatrix(values: Array(rows.joined()), count: count, dimension: dimension)
    }

    private func index() throws -> HNSWIndex {
        let builder = IndexBuilder(
            dimension: 6, metric: .cosine, parameters: HNSWParameters(), threads: 1, insertsOneByOne: true)
        return try builder.build(matrix(40, dimension: 6, seed: 1), keys: (0..<40).map(UInt64.init), label: "")
    }

    @Test func searchesGoOnUntilTheyAreStopped() throws {
        let searcher = BackgroundSearcher(index: try index(), queries: matrix(3, dimension: 6, seed: 2))
        // More than one round over the queries.
        for _ in 0..<10_000 where searcher.searchCount < 10 { Thread.sleep(forTimeInterval: 0.001) }
        let microseconds = try searcher.stop()
        #expect(microseconds.count == searcher.searchCount)
        #expect(microseconds.allSatisfy { $0 >= 0 })
    }

    @Test func anErrorIsThrownWhenItIsStopped() throws {
        let searcher = BackgroundSearcher(index: try index(), queries: matrix(3, dimension: 5, seed: 2))
        #expect(throws: VectorIndexError.dimensionMismatch(expected: 6, found: 5)) { try searcher.stop() }
        #expect(searcher.searchCount == 0)
    }
}
