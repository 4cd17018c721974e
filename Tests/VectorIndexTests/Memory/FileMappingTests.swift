import Glibc
import Testing

@testable import VectorIndex

@Suite struct FileMappingTests {
    private func map(_ path: String, sizeBytes: Int) throws -> FileMapping {
        let file = try FileDescriptor(path: path, flags: O_RDONLY, operation: "open")
        return try FileMapping(file, sizeBytes: sizeBytes)
    }

    /// What is written to a mapping stays in this process, and outlives the file.
    @Test func mappingsArePrivate() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/file"
            let bytes = (0..<10_000).map { UInt8($0 % 251) }
            try writeBytes(bytes, to: path)
            let mapping = try map(path, sizeBytes: bytes.count)
            #expect(mapping.sizeBytes == bytes.count)
            let view = UnsafeRawBufferPointer(start: mapping.base, count: bytes.count)
            #expect(Array(view) == bytes)
            mapping.base.storeBytes(of: 77, toByteOffset: 5_000, as: UInt8.self)
            #expect(view[5_000] == 77)
            #expect(try readBytes(path) == bytes)
            #expect(unlink(path) == 0)
            #expect(view[5_000] == 77 && view[9_999] == bytes[9_999])
        }
    }

    @Test func twoMappingsOfOneFileDoNotMeet() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/file"
            try writeBytes([1, 2, 3], to: path)
            let one = try map(path, sizeBytes: 3)
            let other = try map(path, sizeBytes: 3)
            one.base.storeBytes(of: 9, toByteOffset: 0, as: UInt8.self)
            #expect(other.base.load(as: UInt8.self) == 1)
        }
    }

    @Test func whatCannotBeMapped() throws {
        try withTemporaryDirectory { directory in
            let error = VectorIndexError.fileOperation(path: directory, operation: "map", code: ENODEV)
            let map = { _ = try self.map(directory, sizeBytes: 10) }
            #expect(throws: error, performing: map)
        }
    }
}
