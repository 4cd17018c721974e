import Testing

@testable import VectorIndex

@Suite struct AlignedBufferTests {
    @Test func growingKeepsValuesAndAlignment() {
        let buffer = AlignedBuffer<UInt32>(capacity: 3)
        for index in 0..<3 { buffer[index] = UInt32(index + 1) }
        for needed in [4, 100, 1_000, 3_000_000] {
            buffer.grow(toHold: needed)
            #expect(buffer.capacity >= needed)
            #expect(UInt(bitPattern: buffer.base) % 64 == 0)
            #expect((0..<3).map { buffer[$0] } == [1, 2, 3])
            #expect(buffer[3] == 0 && buffer[buffer.capacity - 1] == 0)
        }
        let capacity = buffer.capacity
        buffer.grow(toHold: 10)
        #expect(buffer.capacity == capacity)
    }

    @Test func bytesAreThoseOfTheElements() {
        let buffer = AlignedBuffer<UInt16>(capacity: 4)
        buffer[0] = 0x0201
        buffer[1] = 0x0403
        #expect(Array(buffer.bytes(count: 2)) == [1, 2, 3, 4])
        #expect(buffer.bytes(count: 0).isEmpty)
    }
}
