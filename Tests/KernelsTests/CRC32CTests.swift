import Kernels
import TestSupport
import Testing

@Suite struct CRC32CTests {
    /// The check value that the catalogue of CRCs gives for CRC-32C, and two vectors of RFC 3720, appendix B.4.
    @Test(arguments: SIMDLevel.available)
    func knownValues(level: SIMDLevel) {
        func checksum(_ bytes: [UInt8]) -> UInt32 {
            var checksum = CRC32C(level: level)
            checksum.update(bytes.span)
            return checksum.value
        }
        #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(checksum(Array(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum(Array(repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(checksum([]) == 0)
    }

    @Test(arguments: SIMDLevel.available)
    func partsAgreeWithTheReference(level: SIMDLevel) {
        let seed: UInt64 = 0xC2C
        var generator = SeededGenerator(seed: seed)
        for length in 0..<80 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let cut = Int.random(in: 0...length, using: &generator)
            var checksum = CRC32C(level: level)
            checksum.update(bytes.span.extracting(0..<cut))
            checksum.update(bytes.span.extracting(cut..<length))
            #expect(checksum.value == Reference.crc32c(bytes), "seed \(seed), \(level), \(length) bytes cut at \(cut)")
        }
    }
}
