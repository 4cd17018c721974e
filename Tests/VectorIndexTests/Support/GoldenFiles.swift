import TestSupport
import Testing

@testable import VectorIndex

/// An index file that is kept for ever, and what it answers.
struct GoldenFile: Sendable, CustomTestStringConvertible {
    let version: UInt32
    let name: String
    let metric: Metric
    var rows = RowFormat.float32
    var codes = CodeScheme.automatic
    /// The five nearest to `GoldenFile.query`, nearest first.
    let keys: [UInt64]
    let distances: [Float]

    static let dimension = 12
    static let lastSequence: UInt64 = 77
    static let fingerprint = (0..<32).map { UInt8($0) }
    static let query = (0..<12).map { Float($0) / 12 - 0.4 }

    var testDescription: String { "version \(version), \(name)" }
    var fileName: String { "golden-v\(version)-\(name).hnsw" }
    var path: String { BuiltProgram.repository + "/Tests/Golden/VectorIndex/" + fileName }

    /// Files of version 1 were made by the program of that time as `make` says, with 150 vectors and no codes. Those of
    /// version 2 are made by `make`; their distances are those that were found then.
    static let all = [
        GoldenFile(
            version: 1, name: "cosine", metric: .cosine, keys: [219, 270, 258, 177, 186],
            distances: [0.33174574, 0.36657143, 0.41724014, 0.45073062, 0.46325374]),
        GoldenFile(
            version: 1, name: "dot", metric: .dot, keys: [327, 183, 45, 135, 444],
            distances: [-1.5423775, -1.4266284, -1.4265591, -1.317836, -1.2610443]),
        GoldenFile(
            version: 1, name: "l2", metric: .l2, keys: [432, 381, 108, 408, 285],
            distances: [2.1363869, 2.37671, 2.417705, 2.4769459, 2.6751385]),
        GoldenFile(
            version: 2, name: "cosine-float32-none", metric: .cosine, codes: .none, keys: [177, 93, 33, 3, 24],
            distances: [0.45073062, 0.47214103, 0.5248238, 0.53554225, 0.57774806]),
        GoldenFile(
            version: 2, name: "l2-bfloat16-none", metric: .l2, rows: .bfloat16, codes: .none,
            keys: [177, 33, 162, 93, 165], distances: [1.576266, 1.9816456, 2.5511165, 2.7472467, 3.0265293]),
        GoldenFile(
            version: 2, name: "cosine-bfloat16-oneBit", metric: .cosine, rows: .bfloat16, codes: .oneBit,
            keys: [177, 93, 33, 3, 24], distances: [0.45133364, 0.47249496, 0.52528834, 0.5354988, 0.57740635]),
        GoldenFile(
            version: 2, name: "cosine-float16-oneBit", metric: .cosine, rows: .float16, codes: .oneBit,
            keys: [177, 93, 33, 3, 24], distances: [0.4506959, 0.4720618, 0.5248116, 0.5354183, 0.5777545]),
        GoldenFile(
            version: 2, name: "l2-float32-fourBit", metric: .l2, codes: .fourBit, keys: [177, 33, 162, 93, 165],
            distances: [1.5766225, 1.98545, 2.5510595, 2.749595, 3.0217254]),
        GoldenFile(
            version: 2, name: "dot-float32-eightBit", metric: .dot, codes: .eightBit, keys: [93, 3, 24, 174, 177],
            distances: [-1.0478444, -1.0394208, -0.91262674, -0.8803178, -0.82823944]),
    ]

    /// The numbers of a linear congruential generator, from the seed 42 on.
    struct Numbers {
        private var state: UInt64 = 42

        mutating func next() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
        }
    }

    /// The vectors that the file is made of, by key: each third number is a key, and of these each seventh was removed.
    /// The numbers of version 1 ran on from metric to metric.
    var vectors: [UInt64: [Float]] {
        let count = version == 1 ? 150 : 60
        var numbers = Numbers()
        if version == 1 {
            for _ in 0..<(Int(metric.rawValue) * count * Self.dimension) { _ = numbers.next() }
        }
        var vectors: [UInt64: [Float]] = [:]
        for key in 0..<UInt64(count) { vectors[key * 3] = (0..<Self.dimension).map { _ in numbers.next() } }
        for key in stride(from: UInt64(0), to: UInt64(count), by: 7) { vectors[key * 3] = nil }
        return vectors
    }

    /// How the files of version 2 were made: 60 vectors added one by one, then some removed. An index keeps codes from
    /// 1,024 vectors on; so that the files stay small, theirs are made of the few there are.
    func make(toPath path: String) throws {
        let parameters = HNSWParameters(m: 4, m0: 8, efConstruction: 40, seed: 3, rows: rows, codes: codes)
        let plain = try HNSWIndex(dimension: Self.dimension, metric: metric, parameters: parameters)
        var numbers = Numbers()
        for key in 0..<UInt64(60) { try plain.add((0..<Self.dimension).map { _ in numbers.next() }, key: key * 3) }
        for key in stride(from: UInt64(0), to: 60, by: 7) { try plain.remove(key: key * 3) }
        let made = try CodeTraining.makeCodes(
            scheme: codes, rows: plain.rows, slotCount: plain.graph.slotCount, live: plain.graph.live, seed: 3)
        let index = HNSWIndex(
            parameters: parameters, graph: plain.graph, rows: plain.rows, codes: made,
            trainedCount: made == nil ? 0 : plain.count, keys: plain.keys)
        try index.write(toPath: path, lastSequence: Self.lastSequence, fingerprint: Self.fingerprint)
    }
}
