import Testing

@testable import propertypro

@Suite struct SavedIndexTests {
    private func fingerprint(
        m: Int = 16, codes: String = "none", oneByOne: Bool = false, values: [Float] = [1, 2, 3, 4]
    ) -> [UInt8] {
        let settings = BenchmarkSettings(
            base: "a", queries: "b", truth: nil, metric: "l2", rows: "float32", codes: codes, m: m, m0: 32,
            efConstruction: 200, threads: 1, passes: 1, vectors: 2, queryCount: 1, dimension: 2)
        return SavedIndex.fingerprint(
            settings: settings, insertsOneByOne: oneByOne,
            base: VectorMatrix(values: values, count: 2, dimension: 2))
    }

    @Test func aFingerprintTellsDataAndSettingsApart() {
        #expect(fingerprint().count == 32)
        #expect(fingerprint() == fingerprint())
        let others = [
            fingerprint(), fingerprint(m: 17), fingerprint(codes: "oneBit"), fingerprint(oneByOne: true),
            fingerprint(values: [1, 2, 4, 3]), fingerprint(values: [1, 2, 3, 4.000_000_5]),
            fingerprint(values: [-1, 2, 3, 4]),
        ]
        #expect(Set(others).count == others.count)
        // The four hashes differ among themselves.
        let words = (0..<4).map { Array(fingerprint()[($0 * 8)..<($0 * 8 + 8)]) }
        #expect(Set(words).count == 4)
    }
}
