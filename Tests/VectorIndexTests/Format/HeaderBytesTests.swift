import Kernels
import Testing

@testable import VectorIndex

@Suite struct HeaderBytesTests {
    @Test func numbersAreLittleEndian() {
        var header = HeaderBytes(bytes: Array(repeating: 0xEE, count: 16))
        header.store(UInt32(0x0102_0304), at: 2)
        header.store(UInt64.max - 1, at: 8)
        #expect(header.bytes == [0xEE, 0xEE, 4, 3, 2, 1, 0xEE, 0xEE, 0xFE] + Array(repeating: 0xFF, count: 7))
        #expect(header.load(UInt32.self, at: 2) == 0x0102_0304)
        #expect(header.load(UInt64.self, at: 8) == UInt64.max - 1)
        #expect(header.load(UInt16.self, at: 3) == 0x0203)
        #expect(header.load(UInt8.self, at: 0) == 0xEE)
    }

    /// The check value of CRC-32C: of the digits 1 to 9.
    @Test func checksums() {
        let header = HeaderBytes(bytes: Array("123456789+".utf8))
        #expect(header.checksum(before: 9) == 0xE306_9283)
        #expect(header.checksum(before: 0) == 0)
        #expect(header.checksum(before: 10) != 0xE306_9283)
    }
}
