import Kernels
import TestSupport
import Testing

@testable import VectorIndex

/// Vectors that hardly differ, which graphs and codes find hardest.
@Suite struct NearIdenticalDataTests {
    /// Rows of a table as an encoder sees them: the cosine of any two is above 0.98.
    @Test(arguments: [(3_000, 64, CodeScheme.fourBit), (1_050, 192, .oneBit)])
    func tableRows(count: Int, dimension: Int, codes: CodeScheme) throws {
        let seed: UInt64 = 0xA0
        var data = SeededVectors(seed: seed)
        let vectors = data.tableRows(count: count, dimension: dimension, fields: 8, valuesPerField: 12)
        let index = try bulkIndex(
            vectors, parameters: HNSWParameters(m: 12, m0: 24), threads: 2)
        #expect(index.codes?.layout.kind == codes.kind)
        #expect(index.checkInvariants() == [])
        let queries = stride(from: 0, to: count, by: 75).map { vectors[$0] }
        let truth = try queries.map { try index.exactSearch($0, k: 10) }
        #expect(truth.allSatisfy { $0.allSatisfy { $0.distance < 0.02 } })
        let searched = recall(found: try queries.map { try index.search($0, k: 10) }, truth: truth)
        #expect(searched >= 0.99, "seed \(seed), \(codes): recall \(searched)")
        let ef = codes == .oneBit ? 150 : 60
        let walked = try index.graphRecall(queries, k: 10, efSearch: ef)
        #expect(walked >= 0.97, "seed \(seed), \(codes): recall \(walked) by the walk at ef \(ef)")
        // Each is its own nearest one.
        for (number, query) in queries.enumerated() {
            #expect(try index.graphSearch(query, k: 1, efSearch: ef).first?.key == UInt64(number * 75))
        }
    }

    /// Noise in every direction around one point far from the origin, for squared Euclidean distance.
    @Test func noiseAroundOnePoint() throws {
        let seed: UInt64 = 0xA1
        var data = SeededVectors(seed: seed)
        let center = data.vector(32, scale: 50)
        let vectors = (0..<1_090).map { _ in center.map { $0 + data.normal() * 0.01 } }
        let parameters = HNSWParameters(m: 12, m0: 24, efConstruction: 80, codes: .fourBit)
        let index = try bulkIndex(Array(vectors.prefix(1_030)), metric: .l2, parameters: parameters, threads: 2)
        let queries = Array(vectors.suffix(60))
        let walked = try index.graphRecall(queries, k: 10, efSearch: 200)
        #expect(walked >= 0.9, "seed \(seed), recall \(walked)")
    }
}
