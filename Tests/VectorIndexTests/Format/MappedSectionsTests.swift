import Glibc
import Kernels
import Testing

@testable import VectorIndex

@Suite struct MappedSectionsTests {
    private func open(_ path: String) throws -> MappedSections {
        let bytes = try readBytes(path)
        let header = HeaderBytes(bytes: Array(bytes.prefix(512)))
        let layout = try IndexFileHeader(path: path, header: header).parse()
        let file = try FileDescriptor(path: path, flags: O_RDONLY, operation: "open")
        return MappedSections(
            path: path, layout: layout, mapping: try FileMapping(file, sizeBytes: bytes.count),
            checksums: layout.sectionChecksums(in: header))
    }

    /// The first and the last byte of each section and of its padding.
    @Test func checksums() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try CodedSetup.of(.oneBit).index.write(toPath: path, lastSequence: 1, fingerprint: someFingerprint)
            let bytes = try readBytes(path)
            let layout = try open(path).layout
            for section in layout.sections {
                let start = layout.offset(section)
                let end = start + layout.paddedSizeBytes(section)
                #expect(start < end)
                for position in [start, start + layout.sizeBytes(section) - 1, end - 1] {
                    var damaged = bytes
                    damaged[position] ^= 0x10
                    try writeBytes(damaged, to: path)
                    let sections = try open(path)
                    for other in layout.sections where other != section { try sections.check(other) }
                    let error = VectorIndexError.damagedFile(
                        path: path, offset: start, check: "checksum of section \(section)")
                    #expect(throws: error) { try sections.check(section) }
                }
            }
        }
    }

    @Test func paddingIsZero() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try makeChangedIndex(count: 12, dimension: 3).write(
                toPath: path, lastSequence: 1, fingerprint: someFingerprint)
            for section: IndexFile.Section in [.keys, .levels, .parents] {
                var file = try ForgedFile(path)
                let original = file.bytes
                #expect(file.layout.paddedSizeBytes(section) > file.layout.sizeBytes(section))
                file.store(UInt8(1), in: section, at: file.layout.paddedSizeBytes(section) - 1)
                try file.write()
                let error = VectorIndexError.damagedFile(
                    path: path, offset: file.layout.offset(section), check: "padding of section \(section)")
                #expect(throws: error) { try open(path).check(section) }
                #expect(throws: error) { try HNSWIndex.open(path: path) }
                try writeBytes(original, to: path)
            }
        }
    }

    /// Buffers are the mapping itself, arrays copies of it.
    @Test func contents() throws {
        let index = try makeChangedIndex(count: 40, dimension: 3)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: someFingerprint)
            let sections = try open(path)
            #expect(sections.array(.keys, of: UInt64.self, count: 40) == index.keys.keys)
            #expect(sections.array(.parents, of: UInt32.self, count: 40) == index.graph.parents)
            #expect(
                sections.array(.levels, of: UInt8.self, count: 3)
                    == Array(
                        zip(index.graph.levels, index.graph.live).map { $1 ? $0 : $0 | 0x80 }.prefix(3)))
            let keys: AlignedBuffer<UInt64> = sections.buffer(.keys)
            #expect(keys.capacity == 40 && keys[39] == index.keys.keys[39])
            keys[39] = 5
            #expect(sections.array(.keys, of: UInt64.self, count: 40)[39] == 5)
            let links = try #require(sections.links(.level0, blocks: 40, degree: 8))
            #expect(links.capacity == 40 * 16)
            #expect(Array(links.bytes(count: links.capacity)) == Array(index.graph.level0Bytes))
        }
    }

    /// Version 1 by hand: blocks of m0 + 1 words, a number and as many neighbors, become blocks that the sentinel ends.
    @Test func linksOfVersion1() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/file"
            let layout = IndexFile(
                version: 1, dimension: 1, metric: .l2, parameters: HNSWParameters(m: 2, m0: 3), slotCount: 3,
                liveCount: 3, upperBlockCount: 0, entryPoint: 0, root: 0, lastSequence: 0, fingerprint: someFingerprint,
                trainedCount: 0)
            func sections(_ blocks: [UInt32]) throws -> MappedSections {
                var bytes = HeaderBytes(bytes: Array(repeating: 0, count: layout.fileSizeBytes))
                for (index, word) in blocks.enumerated() { bytes.store(word, at: layout.offset(.level0) + 4 * index) }
                try writeBytes(bytes.bytes, to: path)
                let file = try FileDescriptor(path: path, flags: O_RDONLY, operation: "open")
                return MappedSections(
                    path: path, layout: layout, mapping: try FileMapping(file, sizeBytes: bytes.bytes.count),
                    checksums: Array(repeating: 0, count: 6))
            }
            let good = try sections([2, 7, 8, 0, 0, 0, 0, 0, 3, 1, 2, 9])
            let links = try #require(good.links(.level0, blocks: 3, degree: 3))
            let none = HNSWGraph.noSlot
            #expect(links.capacity == 48)
            #expect((0..<4).map { links[$0] } == [7, 8, none, none] && links[15] == none)
            #expect((16..<32).allSatisfy { links[$0] == none })
            #expect((32..<36).map { links[$0] } == [1, 2, 9, none])
            for count: UInt32 in [4, 1_000, .max] {
                #expect(try sections([0, 0, 0, 0, count, 1, 2, 3]).links(.level0, blocks: 3, degree: 3) == nil)
            }
        }
    }
}
