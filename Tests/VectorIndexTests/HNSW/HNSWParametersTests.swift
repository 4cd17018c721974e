import Testing
import VectorIndex

@Suite struct HNSWParametersTests {
    @Test func defaults() {
        let parameters = HNSWParameters()
        #expect(parameters.m == 16 && parameters.m0 == 48)
        #expect(parameters.efConstruction == 200 && parameters.efSearch == 100)
        #expect(parameters.rows == .float32 && parameters.codes == .automatic)
    }

    @Test func refusedValues() throws {
        func check(_ name: String, _ value: Int, _ parameters: HNSWParameters) {
            #expect {
                try HNSWIndex(dimension: 3, metric: .l2, parameters: parameters)
            } throws: { error in
                guard case .invalidParameter(name, value, _) = error as? VectorIndexError else { return false }
                return true
            }
        }
        for m in [Int.min, 0, 1, 129, .max] { check("m", m, HNSWParameters(m: m, m0: 512)) }
        for m0 in [0, 15, 513, .max] { check("m0", m0, HNSWParameters(m0: m0)) }
        for ef in [0, -1, 10_001] { check("efConstruction", ef, HNSWParameters(efConstruction: ef)) }
        for ef in [0, -1, 100_001] { check("efSearch", ef, HNSWParameters(efSearch: ef)) }
        for dimension in [-1, 0, 4_097, Int.max] {
            #expect(throws: VectorIndexError.self) { try HNSWIndex(dimension: dimension, metric: .l2) }
        }
    }
}
