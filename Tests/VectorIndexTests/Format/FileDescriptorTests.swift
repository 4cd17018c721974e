import Glibc
import Testing

@testable import VectorIndex

@Suite struct FileDescriptorTests {
    private func open(_ path: String, _ operation: String) throws {
        let file = try FileDescriptor(path: path, flags: O_RDONLY, operation: operation)
        _ = try? file.sizeBytes()
    }

    private func writeByte(_ path: String, flags: Int32) throws {
        let file = try FileDescriptor(path: path, flags: flags, operation: "open")
        try [UInt8(1)].withUnsafeBytes { try file.write($0) }
    }

    private func sizeBytes(_ path: String) throws -> Int {
        try FileDescriptor(path: path, flags: O_RDONLY | O_NONBLOCK, operation: "open").sizeBytes()
    }

    @Test func writingAndReading() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/file"
            let bytes = (0..<100_000).map { UInt8($0 % 253) }
            let out = try FileDescriptor(path: path, flags: O_WRONLY | O_CREAT, operation: "create")
            try bytes.withUnsafeBytes { try out.write($0) }
            try out.synchronize()
            let file = try FileDescriptor(path: path, flags: O_RDONLY, operation: "open")
            let size = try file.sizeBytes()
            #expect(size == bytes.count)
            var part = [UInt8](repeating: 0, count: 500)
            let end = try part.withUnsafeMutableBytes { try file.read(into: $0, at: 99_700) }
            #expect(end == 300 && Array(part.prefix(300)) == Array(bytes.suffix(300)))
            #expect(part[300...].allSatisfy { $0 == 0 })
            let behind = try part.withUnsafeMutableBytes { try file.read(into: $0, at: 200_000) }
            let middle = try part.withUnsafeMutableBytes { try file.read(into: $0, at: 7) }
            #expect(behind == 0 && middle == 500 && part == Array(bytes[7..<507]))
        }
    }

    @Test func filesAreForTheOwnerOnly() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/file"
            let file = try FileDescriptor(path: path, flags: O_WRONLY | O_CREAT, operation: "create")
            try file.synchronize()
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o077 == 0)
        }
    }

    @Test func refusals() throws {
        try withTemporaryDirectory { directory in
            let missing = directory + "/missing"
            #expect(throws: VectorIndexError.fileOperation(path: missing, operation: "look", code: ENOENT)) {
                try open(missing, "look")
            }
            let path = directory + "/file"
            try writeBytes([1], to: path)
            #expect(throws: VectorIndexError.fileOperation(path: path, operation: "write", code: EBADF)) {
                try writeByte(path, flags: O_RDONLY)
            }
            #expect(throws: VectorIndexError.fileOperation(path: path, operation: "read", code: EBADF)) {
                let file = try FileDescriptor(path: path, flags: O_WRONLY, operation: "open")
                var byte: [UInt8] = [0]
                _ = try byte.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
            }
        }
    }

    /// A disk that is full: the system's device that always is.
    @Test func aFullDisk() throws {
        #expect(throws: VectorIndexError.fileOperation(path: "/dev/full", operation: "write", code: ENOSPC)) {
            try writeByte("/dev/full", flags: O_WRONLY)
        }
    }

    @Test func onlyRegularFilesHaveASize() throws {
        try withTemporaryDirectory { directory in
            let fifo = directory + "/fifo"
            #expect(mkfifo(fifo, 0o600) == 0)
            for path in [directory, fifo, "/dev/null"] {
                let error = VectorIndexError.fileOperation(
                    path: path, operation: "read as a regular file", code: EINVAL)
                #expect(throws: error) { try sizeBytes(path) }
            }
        }
    }

    /// A value that goes away gives its number back to the system.
    @Test func descriptorsAreClosed() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/file"
            try writeBytes([1], to: path)
            var limit = rlimit()
            #expect(getrlimit(__rlimit_resource_t(7), &limit) == 0)
            let rounds = min(Int(limit.rlim_cur), 5_000) + 100
            for _ in 0..<rounds { try open(path, "open") }
        }
    }
}
