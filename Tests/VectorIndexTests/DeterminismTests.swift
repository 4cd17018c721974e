import TestSupport
import Testing

@testable import VectorIndex

/// The same seed and order of changes make the same file, byte for byte, also when it was written and opened in between.
@Suite struct DeterminismTests {
    private static let fingerprint = [UInt8](repeating: 7, count: 32)

    private func change(_ index: HNSWIndex, _ data: inout SeededVectors, steps: Int) throws {
        for _ in 0..<steps {
            let key = UInt64.random(in: 0..<1_400, using: &data)
            if Int.random(in: 0..<8, using: &data) == 0 {
                try index.remove(key: key)
            } else {
                try index.add(data.vector(8), key: key)
            }
        }
    }

    private func bytes(_ index: HNSWIndex, _ path: String) throws -> [UInt8] {
        try index.write(toPath: path, lastSequence: 3, fingerprint: Self.fingerprint)
        return try readBytes(path)
    }

    @Test(arguments: [
        (CodeScheme.oneBit, RowFormat.float32), (.fourBit, .bfloat16),
    ])
    func sameFile(codes: CodeScheme, rows: RowFormat) throws {
        let parameters = HNSWParameters(
            m: 4, m0: 8, efConstruction: 12, efSearch: 30, seed: 77, rows: rows, codes: codes)
        try withTemporaryDirectory { directory in
            // Codes come in the middle of the changes.
            func make(reopening: Bool, isBulk: Bool = false) throws -> HNSWIndex {
                var data = SeededVectors(seed: 0xDE)
                let vectors = (0..<1_020).map { _ in data.vector(8) }
                var index = try bulkIndex(vectors, metric: .l2, parameters: parameters)
                for _ in 0..<2 {
                    try change(index, &data, steps: 60)
                    if reopening {
                        let path = directory + "/between"
                        try index.write(toPath: path, lastSequence: 1, fingerprint: Self.fingerprint)
                        index = try HNSWIndex.open(path: path).index
                    }
                }
                return index
            }
            let first = try make(reopening: false)
            #expect(first.count > 1_024 && (first.codes == nil) == (codes == .none))
            let wanted = try bytes(first, directory + "/a")
            #expect(try bytes(make(reopening: false), directory + "/b") == wanted)
            #expect(try bytes(make(reopening: true), directory + "/c") == wanted, "\(codes) \(rows), opened in between")

            let opened = try HNSWIndex.open(path: directory + "/a").index
            #expect(try bytes(opened, directory + "/d") == wanted)
            #expect(opened.trainedCount == (codes == .none ? opened.trainedCount : first.trainedCount))
            var data = SeededVectors(seed: 0xDF)
            let queries = (0..<20).map { _ in data.vector(8) }
            let even = (first.makeBitmap { $0 % 2 == 0 }, opened.makeBitmap { $0 % 2 == 0 })
            for query in queries {
                #expect(
                    try first.graphSearch(query, k: 10, efSearch: 15) == opened.graphSearch(query, k: 10, efSearch: 15))
                #expect(try first.search(query, k: 10) == opened.search(query, k: 10))
                #expect(
                    try first.search(query, k: 10, efSearch: 3, allowed: even.0)
                        == opened.search(query, k: 10, efSearch: 3, allowed: even.1))
            }
            try opened.verify()
            #expect(opened.checkInvariants() == [])
        }
    }

    @Test func seedMatters() throws {
        var data = SeededVectors(seed: 0xE0)
        let vectors = (0..<200).map { _ in data.vector(6) }
        func graph(_ seed: UInt64) throws -> [[UInt32]] {
            try bulkIndex(vectors, parameters: HNSWParameters(m: 4, m0: 8, seed: seed)).graph.fingerprint
        }
        #expect(try graph(1) == graph(1))
        #expect(try graph(1) != graph(2))
    }
}
