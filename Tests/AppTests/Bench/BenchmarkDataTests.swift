import TestSupport
import Testing

@testable import propertypro

@Suite struct BenchmarkDataTests {
    private let folder: TemporaryFolder
    private let base: String
    private let queries: String

    init() throws {
        folder = try TemporaryFolder()
        base = try MatrixBytes.write(
            MatrixBytes.fbin(MatrixBytes.vectors(20, dimension: 4, seed: 1)), "base.fbin", in: folder)
        queries = try MatrixBytes.write(
            MatrixBytes.fbin(MatrixBytes.vectors(2, dimension: 4, seed: 2)), "queries.fbin", in: folder)
    }

    private func truth(_ rows: [[Int32]]) throws -> String {
        try MatrixBytes.write(MatrixBytes.ibin(rows), "truth.ibin", in: folder)
    }

    private func data(truth: String? = nil, limit: Int? = nil) throws -> BenchmarkData {
        try BenchmarkData(base: base, queries: queries, truth: truth, limit: limit)
    }

    @Test func filesThatFitAreRead() throws {
        let truth = try truth([Array(0..<10), Array(10..<20)])
        let whole = try data(truth: truth)
        #expect(whole.baseCount == 20 && whole.queries.count == 2)
        #expect(try whole.readBase().count == 20)
        #expect(whole.truth == Truth(keys: (0..<20).map(UInt64.init), width: 10))
        let part = try data(limit: 5)
        #expect(part.baseCount == 5 && part.truth == nil)
        #expect(try part.readBase().count == 5)
        #expect(try data(limit: 99).baseCount == 20)
        #expect(try data(truth: self.truth([[4, 3, 2, 1, 0], [0, 1, 2, 3, 4]]), limit: 5).truth != nil)
    }

    @Test func filesThatDoNotFitAreNamed() throws {
        let wide = try MatrixBytes.write(MatrixBytes.fbin([[1, 2, 3]]), "wide.fbin", in: folder)
        #expect(throws: BenchmarkDataError.dimensionMismatch(path: wide, expected: 4, found: 3)) {
            try BenchmarkData(base: base, queries: wide, truth: nil, limit: nil)
        }
        let short = try truth([Array(0..<10)])
        #expect(throws: BenchmarkDataError.truthRows(path: short, expected: 2, found: 1)) { try data(truth: short) }
        let narrow = try truth([[1], [2]])
        #expect(throws: BenchmarkDataError.truthWidth(path: narrow, expected: 10, found: 1)) {
            try data(truth: narrow)
        }
        let foreign = try truth([Array(0..<10), Array(11..<21)])
        #expect(throws: BenchmarkDataError.truthKey(path: foreign, row: 1, key: 20, vectorCount: 20)) {
            try data(truth: foreign)
        }
        #expect(throws: BenchmarkDataError.truthKey(path: foreign, row: 1, key: 15, vectorCount: 15)) {
            try data(truth: foreign, limit: 15)
        }
        let keys = try MatrixBytes.write(MatrixBytes.ibin([[1, 2, 3, 4]]), "keys.ibin", in: folder)
        #expect(throws: MatrixFileError.self) {
            try BenchmarkData(base: keys, queries: queries, truth: nil, limit: nil)
        }
        #expect(throws: MatrixFileError.self) { try data(truth: queries) }
    }
}
