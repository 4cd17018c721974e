import Glibc
import Testing

@testable import VectorIndex

@Suite struct IndexFileWriterTests {
    @Test func failuresOfTheFileSystem() throws {
        let index = try makeChangedIndex(count: 12, dimension: 3)
        try withTemporaryDirectory { directory in
            let missing = directory + "/missing"
            let nowhere = missing + "/index"
            #expect(throws: VectorIndexError.fileOperation(path: nowhere + ".partial", operation: "create", code: 2)) {
                try index.write(toPath: nowhere, lastSequence: 0, fingerprint: someFingerprint)
            }
            #expect(throws: VectorIndexError.fileOperation(path: directory, operation: "replace", code: 21)) {
                try index.write(toPath: directory, lastSequence: 0, fingerprint: someFingerprint)
            }
            for length in [0, 31, 33] {
                let error = VectorIndexError.invalidFingerprint(expectedBytes: 32, foundBytes: length)
                #expect(throws: error) {
                    try index.write(
                        toPath: directory + "/index", lastSequence: 0, fingerprint: Array(repeating: 0, count: length))
                }
            }
        }
    }

    /// A write that fails leaves the old file whole and nothing beside it.
    @Test func aFailedWriteLeavesTheOldFile() throws {
        let index = try makeChangedIndex(count: 12, dimension: 3)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: someFingerprint)
            let bytes = try readBytes(path)
            // The partial file cannot be created where a directory has its name.
            #expect(mkdir(path + ".partial", 0o700) == 0)
            #expect(throws: VectorIndexError.fileOperation(path: path + ".partial", operation: "create", code: EISDIR))
            {
                try index.write(toPath: path, lastSequence: 2, fingerprint: someFingerprint)
            }
            #expect(try readBytes(path) == bytes)
            #expect(rmdir(path + ".partial") == 0)
        }
    }

    /// What a crash in the middle of a write leaves behind: the old file whole, and a partial one.
    @Test func aPartialFileIsReplaced() throws {
        let index = try makeChangedIndex(count: 12, dimension: 3)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: someFingerprint)
            try writeBytes(Array(repeating: 7, count: 100_000), to: path + ".partial")
            #expect(try HNSWIndex.open(path: path).lastSequence == 1)
            try index.write(toPath: path, lastSequence: 2, fingerprint: someFingerprint)
            #expect(try HNSWIndex.open(path: path).lastSequence == 2)
            #expect(throws: VectorIndexError.fileOperation(path: path + ".partial", operation: "open", code: 2)) {
                try HNSWIndex.open(path: path + ".partial")
            }
        }
    }

    /// An opened index whose file turned out damaged once got fresh checksums by being written again.
    @Test func damageIsNotWrittenOn() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try makeChangedIndex(count: 12, dimension: 3).write(
                toPath: path, lastSequence: 1, fingerprint: someFingerprint)
            var bytes = try readBytes(path)
            bytes[512] ^= 1
            try writeBytes(bytes, to: path)
            let index = try HNSWIndex.open(path: path).index
            let other = directory + "/other"
            #expect {
                try index.write(toPath: other, lastSequence: 2, fingerprint: someFingerprint)
            } throws: { error in
                if case .damagedFile(path, 512, _)? = error as? VectorIndexError { return true }
                return false
            }
            #expect(throws: VectorIndexError.fileOperation(path: other, operation: "open", code: ENOENT)) {
                try HNSWIndex.open(path: other)
            }
        }
    }

    /// The same contents make the same bytes, and nothing of the machine's chance is in them.
    @Test(arguments: [CodedSetup.of(.oneBit), .of(.eightBit)])
    func theSameIndexMakesTheSameBytes(setup: CodedSetup) throws {
        try withTemporaryDirectory { directory in
            let files = try [setup.index, setup.make()].map { index in
                let path = directory + "/index"
                try index.write(toPath: path, lastSequence: 5, fingerprint: someFingerprint)
                return try readBytes(path)
            }
            #expect(files[0] == files[1])
        }
    }

    @Test func directories() {
        #expect(IndexFileWriter.directory(of: "index") == ".")
        #expect(IndexFileWriter.directory(of: "/index") == "/")
        #expect(IndexFileWriter.directory(of: "a/b/index") == "a/b")
    }
}
