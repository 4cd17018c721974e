import Kernels
import Testing

@Suite struct ReferenceTests {
    @Test func handWorked() {
        #expect(Reference.dot([1, 2, 3], [4, -5, 6]) == 12)
        #expect(Reference.squaredL2([1, 2, 3], [4, -5, 6]) == 67)
        #expect(Reference.norm([3, 4]) == 5)
        #expect(Reference.dot([], []) == 0)
        #expect(Reference.crc32c(Array("123456789".utf8)) == 0xE306_9283)
    }

    /// 2²⁴ + 1 − 2²⁴ is 0 when summed in float32.
    @Test func sumsInDouble() {
        #expect(Reference.dot([16_777_216, 1, -16_777_216], [1, 1, 1]) == 1)
    }
}
