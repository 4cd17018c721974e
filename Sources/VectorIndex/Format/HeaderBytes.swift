import Kernels

/// Little-endian numbers in an array of bytes; positions come from `IndexFile.Offset`, never from a file.
struct HeaderBytes {
    var bytes: [UInt8]

    mutating func store(_ value: some FixedWidthInteger, at offset: Int) {
        for index in 0..<(value.bitWidth / 8) {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
        }
    }

    func load<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type, at offset: Int) -> Value {
        (0..<(Value.bitWidth / 8)).reduce(0) { $0 | Value(bytes[offset + $1]) << (8 * $1) }
    }

    /// CRC-32C of the bytes before `end`.
    func checksum(before end: Int) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(bytes.span.extracting(0..<end))
        return checksum.value
    }
}
