import Testing

@testable import VectorIndex

@Suite struct IndexFileHeaderTests {
    private func withFile(_ body: (String, HNSWIndex) throws -> Void) throws {
        let index = try makeChangedIndex(count: 30, dimension: 3)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: someFingerprint)
            try body(path, index)
        }
    }

    /// Wrong numbers under right checksums.
    @Test func forgedNumbersAreFound() throws {
        try withFile { path, index in
            var file = try ForgedFile(path)
            func forge(_ value: some FixedWidthInteger & UnsignedInteger, at offset: Int) throws {
                file.restore()
                file.store(value, at: offset)
                if file.bytes == (try ForgedFile.original(file)) { return }
                try file.write()
                let place: Comment = "header at \(offset): \(value)"
                #expect(try finderOfDamage(path, place) != .nobody, place)
            }
            typealias Offset = IndexFile.Offset
            let table = 192..<320
            for value: UInt64 in [0, 1, 29, 31, 1 << 30, 1 << 31, 1 << 62, .max] {
                for offset in [Offset.slotCount, Offset.liveCount, Offset.upperBlockCount, Offset.fileSize] {
                    try forge(value, at: offset)
                }
                for offset in stride(from: table.lowerBound, to: table.upperBound, by: 8) {
                    try forge(value, at: offset)
                }
            }
            for value: UInt32 in [0, 1, 300, 5_000, .max] {
                for offset in [
                    Offset.headerSize, Offset.dimension, Offset.m, Offset.m0, Offset.entryPoint, Offset.root,
                ] { try forge(value, at: offset) }
            }
            for value: UInt32 in [3, 256, .max] { try forge(value, at: Offset.metric) }
            for value: UInt32 in [1, 2, 256, .max] { try forge(value, at: Offset.rowFormat) }
            for value: UInt32 in [5, 258, .max] { try forge(value, at: Offset.codeScheme) }
            for value: UInt64 in [1 << 31, .max] { try forge(value, at: Offset.trainedCount) }
            for offset in [Offset.efConstruction, Offset.efSearch] { try forge(UInt32.max, at: offset) }
            for offset in [144, 191, 352, 507] { try forge(UInt8(1), at: offset) }
        }
    }

    /// Codes that the header promises and the file does not have.
    @Test func codesThatAreNotThere() throws {
        try withFile { path, _ in
            var file = try ForgedFile(path)
            file.store(UInt32(2), at: IndexFile.Offset.codeScheme)
            file.store(UInt64(22), at: IndexFile.Offset.trainedCount)
            try file.write()
            #expect(try finderOfDamage(path, "codes") == .open)
        }
    }

    @Test func otherVersionsAreNamed() throws {
        try withFile { path, _ in
            for version: UInt32 in [0, 3, 1_000, .max] {
                var file = try ForgedFile(path)
                let original = file
                file.store(version, at: IndexFile.Offset.version)
                try file.write()
                #expect(throws: VectorIndexError.unsupportedVersion(path: path, expected: 2, found: version)) {
                    try HNSWIndex.open(path: path)
                }
                try writeBytes(original.bytes, to: path)
            }
        }
    }

    @Test func whatIsNoIndexFile() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            for bytes in [[], Array("PPHNSW\r\n".utf8), Array("PPHNSW\n\n".utf8) + Array(repeating: 0, count: 600)] {
                try writeBytes(bytes, to: path)
                #expect(try finderOfDamage(path, "\(bytes.count) bytes") == .open)
            }
            for count in [1, 255, 256, 511, 512, 100_000] {
                for byte: UInt8 in [0, 0x50, 0xFF] {
                    try writeBytes(Array(repeating: byte, count: count), to: path)
                    #expect(try finderOfDamage(path, "\(count) times \(byte)") == .open)
                }
            }
        }
    }
}

extension ForgedFile {
    fileprivate static func original(_ file: ForgedFile) throws -> [UInt8] {
        var copy = file
        copy.restore()
        return copy.bytes
    }
}
