import Kernels
import TestSupport
import Testing

@testable import VectorIndex

@Suite struct CodeTrainingTests {
    /// Small and quick: what is tested is the codes, not the graph.
    static let quick = HNSWParameters(m: 4, m0: 8, efConstruction: 8, efSearch: 20)

    @Test func dueAtTheFirstCountAndAfterGrowth() {
        #expect(!CodeTraining.isDue(count: 0, trainedCount: 0))
        #expect(!CodeTraining.isDue(count: 1_023, trainedCount: 0))
        #expect(CodeTraining.isDue(count: 1_024, trainedCount: 0))
        #expect(CodeTraining.isDue(count: 5_000, trainedCount: 0))
        #expect(!CodeTraining.isDue(count: 1_025, trainedCount: 1_024))
        #expect(!CodeTraining.isDue(count: 8_191, trainedCount: 1_024))
        #expect(CodeTraining.isDue(count: 8_192, trainedCount: 1_024))
        #expect(!CodeTraining.isDue(count: 10, trainedCount: 1_024))
    }

    @Test func schemesByDimension() {
        #expect(CodeScheme.automatic.resolved(dimension: 47) == .none)
        #expect(CodeScheme.automatic.resolved(dimension: 48) == .fourBit)
        #expect(CodeScheme.automatic.resolved(dimension: 191) == .fourBit)
        #expect(CodeScheme.automatic.resolved(dimension: 192) == .oneBit)
        for scheme in CodeScheme.allCases where scheme != .automatic {
            #expect(scheme.resolved(dimension: 1) == scheme && scheme.resolved(dimension: 4_096) == scheme)
        }
        #expect(CodeScheme.allCases.map { $0.kind } == [nil, nil, .oneBit, .fourBit, .eightBit])
    }

    /// The mean that codes are made around, against the mean of the turned vectors.
    @Test func meanOfLiveSlots() throws {
        var data = SeededVectors(seed: 0xF0)
        let vectors = data.clustered(count: 300, dimension: 20, clusters: 3, spread: 0.4)
        let rows = try makeRows(vectors, metric: .dot)
        let live = (0..<300).map { $0 % 3 != 0 }
        let codes = try #require(
            try CodeTraining.makeCodes(scheme: .oneBit, rows: rows, slotCount: 300, live: live, seed: 4))
        var mean = [Float](repeating: 0, count: 20)
        for (slot, vector) in vectors.enumerated() where live[slot] {
            for index in 0..<20 { mean[index] += vector[index] / 200 }
        }
        let turned = AlignedBuffer<Float>(capacity: 64)
        let between = AlignedBuffer<Float>(capacity: 64)
        let padded = try paddedVector(mean, metric: .dot)
        withExtendedLifetime((padded, turned, between)) {
            codes.rotation.apply(padded.base, to: turned.base, between: between.base)
        }
        for index in 0..<64 { #expect(abs(codes.mean[index] - turned[index]) < 1e-5) }
        // Free slots have no record.
        let stride = codes.layout.strideBytes
        for slot in Swift.stride(from: 0, to: 300, by: 3) {
            #expect((0..<stride).allSatisfy { codes.records[slot * stride + $0] == 0 })
        }
    }

    @Test func threadsDoNotMatter() throws {
        var data = SeededVectors(seed: 0xF1)
        let vectors = (0..<4_500).map { _ in data.vector(4) }
        let rows = try makeRows(vectors, metric: .l2)
        func records(threads: Int) throws -> [UInt8] {
            let codes = try #require(
                try CodeTraining.makeCodes(
                    scheme: .eightBit, rows: rows, slotCount: 4_500, live: Array(repeating: true, count: 4_500),
                    seed: 9,
                    threads: threads))
            return (0..<(4_500 * codes.layout.strideBytes)).map { codes.records[$0] }
        }
        #expect(try records(threads: 1) == records(threads: 3))
    }

    @Test(arguments: [CodeScheme.oneBit, .fourBit, .eightBit, .none])
    func codesComeWithTheThousandTwentyFourthVector(scheme: CodeScheme) throws {
        var data = SeededVectors(seed: 0xF2)
        var parameters = Self.quick
        parameters.codes = scheme
        let vectors = (0..<1_100).map { _ in data.vector(10) }
        let index = try makeIndex(Array(vectors.prefix(1_023)), metric: .l2, parameters: parameters)
        #expect(index.codes == nil && index.trainedCount == 0)
        // A replaced vector is none more.
        try index.add(vectors[5], key: 3)
        #expect(index.codes == nil)
        try index.add(vectors[1_023], key: 1_023)
        #expect((index.codes == nil) == (scheme == .none))
        #expect(index.trainedCount == (scheme == .none ? 0 : 1_024))
        for key in 1_024..<1_100 { try index.add(vectors[key], key: UInt64(key)) }
        #expect(index.trainedCount == (scheme == .none ? 0 : 1_024))
        #expect(index.staleRecords() == [])
        #expect(index.checkInvariants() == [])
    }

    /// Any sequence of changes leaves every live slot with the record of its own vector.
    @Test(arguments: [CodeScheme.oneBit, .fourBit, .eightBit])
    func recordsFollowChanges(scheme: CodeScheme) throws {
        let seed: UInt64 = 0xF3
        var data = SeededVectors(seed: seed)
        var parameters = Self.quick
        parameters.codes = scheme
        let index = try bulkIndex((0..<1_030).map { _ in data.vector(10) }, parameters: parameters)
        #expect(index.codes != nil && index.staleRecords() == [])
        for step in 0..<600 {
            let key = UInt64.random(in: 0..<1_200, using: &data)
            if Int.random(in: 0..<3, using: &data) == 0 {
                try index.remove(key: key)
            } else {
                try index.add(data.vector(10), key: key)
            }
            if step % 200 == 199 {
                #expect(index.staleRecords() == [], "seed \(seed), step \(step)")
                #expect(index.checkInvariants() == [], "seed \(seed), step \(step)")
            }
        }
    }

    /// An index that says it was trained at an eighth of its size makes its codes anew around the mean of today.
    @Test func retrainingAfterGrowth() throws {
        var data = SeededVectors(seed: 0xF4)
        var parameters = Self.quick
        parameters.codes = .fourBit
        let built = try bulkIndex((0..<1_598).map { _ in data.vector(12) }, metric: .l2, parameters: parameters)
        let index = HNSWIndex(
            parameters: parameters, graph: built.graph, rows: built.rows, codes: built.codes, trainedCount: 200,
            keys: built.keys)
        let first = try #require(index.codes)
        let shifted = { (vector: [Float]) in vector.map { $0 + 400 } }
        try index.add(shifted(data.vector(12)), key: 5_000)
        #expect(index.trainedCount == 200 && index.codes === first)
        try index.add(shifted(data.vector(12)), key: 5_001)
        #expect(index.count == 1_600 && index.trainedCount == 1_600)
        let second = try #require(index.codes)
        #expect(second !== first)
        // The same seed makes the same rotation; the two distant vectors have moved the mean by half a unit a component.
        #expect(second.rotation.matrices == first.rotation.matrices)
        let way = (0..<64).reduce(Float(0)) {
            $0 + (second.mean[$1] - first.mean[$1]) * (second.mean[$1] - first.mean[$1])
        }
        #expect(abs(way.squareRoot() - 0.5 * Float(12).squareRoot()) < 0.05)
        #expect(index.staleRecords() == [])
        #expect(try index.graphSearch(shifted([Float](repeating: 0, count: 12)), k: 2, efSearch: 50).count == 2)
    }
}
