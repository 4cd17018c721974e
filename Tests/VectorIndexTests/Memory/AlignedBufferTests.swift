import Glibc
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

    @Test func reservingTakesWhatIsAskedFor() {
        let buffer = AlignedBuffer<UInt16>(capacity: 2)
        buffer[1] = 9
        buffer.reserve(1_001)
        #expect(buffer.capacity == 1_001 && buffer[1] == 9 && buffer[1_000] == 0)
        buffer.reserve(10)
        #expect(buffer.capacity == 1_001)
    }

    /// Small runs are allocated, large ones mapped; both start zero-filled on a cache line.
    @Test(arguments: [0, 1, 1_000, 1 << 19, (1 << 20) + 3])
    func freshRuns(capacity: Int) {
        let buffer = AlignedBuffer<UInt64>(capacity: capacity)
        #expect(buffer.capacity == capacity && UInt(bitPattern: buffer.base) % 64 == 0)
        #expect(buffer.bytes(count: capacity).allSatisfy { $0 == 0 })
    }

    /// A run in the mapping of a file is written to in place, moves out when it grows, and keeps the mapping until then.
    @Test func runsInAFile() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/file"
            let bytes = (0..<256).map { UInt8($0) }
            try writeBytes(bytes, to: path)
            var mapping: FileMapping? = try FileMapping(
                FileDescriptor(path: path, flags: O_RDONLY, operation: "open"), sizeBytes: 256)
            weak let watched = mapping
            let whole = try AlignedBuffer<UInt8>(#require(mapping), offsetBytes: 0, capacity: 256)
            let words = try AlignedBuffer<UInt32>(#require(mapping), offsetBytes: 64, capacity: 4)
            let end = try AlignedBuffer<UInt32>(#require(mapping), offsetBytes: 256, capacity: 0)
            mapping = nil
            #expect(watched != nil && end.capacity == 0)
            #expect(words[0] == 0x4342_4140 && words.capacity == 4)
            words[3] = 0xFFFF_FFFF
            #expect(whole[76] == 0xFF)
            words.grow(toHold: 5)
            #expect(words.capacity >= 5 && words[0] == 0x4342_4140 && words[3] == .max && words[4] == 0)
            words[0] = 0
            #expect(whole[64] == 0x40)
            #expect(try readBytes(path) == bytes)
            whole.grow(toHold: 257)
            #expect(watched != nil)
            end.grow(toHold: 1)
            #expect(watched == nil)
        }
    }
}
