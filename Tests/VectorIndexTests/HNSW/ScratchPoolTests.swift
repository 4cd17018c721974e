import Testing

@testable import VectorIndex

@Suite struct ScratchPoolTests {
    @Test func scratchesComeBack() {
        let pool = ScratchPool(stride: 16, degreeLimit: 32)
        let first = pool.withScratch { ObjectIdentifier($0) }
        let second = pool.withScratch { outer in
            #expect(pool.withScratch { $0 !== outer })
            return ObjectIdentifier(outer)
        }
        #expect(first == second)
    }
}
