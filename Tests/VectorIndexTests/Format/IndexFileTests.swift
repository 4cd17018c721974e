import TestSupport
import Testing

@testable import VectorIndex

/// Writing, opening, and refusing what is damaged.
@Suite struct IndexFileTests {
    private static let fingerprint = (0..<32).map { UInt8($0 * 7) }

    private func makeChangedIndex(metric: Metric = .cosine, count: Int = 300, dimension: Int = 10) throws -> HNSWIndex {
        var data = SeededVectors(seed: 0xF11E)
        let vectors = data.clustered(count: count, dimension: dimension, clusters: 6, spread: 0.4)
        let index = try makeIndex(
            vectors, metric: metric, parameters: HNSWParameters(m: 4, m0: 8, efConstruction: 30, seed: 3))
        for key in stride(from: UInt64(1), to: UInt64(count), by: 4) { index.remove(key: key) }
        return index
    }

    private func sameContents(_ a: HNSWIndex, _ b: HNSWIndex) -> Bool {
        guard a.keys == b.keys, a.graph.levels == b.graph.levels, a.graph.live == b.graph.live,
            a.graph.parents == b.graph.parents, a.graph.entryPoint == b.graph.entryPoint, a.graph.root == b.graph.root
        else { return false }
        return (0..<UInt32(a.graph.slotCount)).allSatisfy { slot in
            a.rows.copy(slot) == b.rows.copy(slot)
                && (0...a.graph.level(of: slot)).allSatisfy {
                    a.graph.neighbors(of: slot, level: $0) == b.graph.neighbors(of: slot, level: $0)
                }
        }
    }

    @Test(arguments: Metric.allCases)
    func roundTrip(metric: Metric) throws {
        let index = try makeChangedIndex(metric: metric)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: UInt64.max - 1, fingerprint: Self.fingerprint)
            let opened = try HNSWIndex.open(path: path)
            #expect(opened.lastSequence == UInt64.max - 1)
            #expect(opened.fingerprint == Self.fingerprint)
            #expect(opened.index.dimension == index.dimension && opened.index.metric == metric)
            #expect(opened.index.parameters == index.parameters)
            #expect(sameContents(opened.index, index))
            #expect(opened.index.checkInvariants() == [])

            // The opened index goes on as the other one does, also in the free slots.
            var data = SeededVectors(seed: 0xF11F)
            for key in UInt64(1_000)..<1_100 {
                let vector = data.vector(index.dimension)
                for each in [index, opened.index] { try each.add(vector, key: key) }
                if key % 3 == 0 { for each in [index, opened.index] { each.remove(key: key - 998) } }
            }
            #expect(sameContents(opened.index, index))
            let query = data.vector(index.dimension)
            #expect(try opened.index.search(query, k: 20) == index.search(query, k: 20))

            // The same contents make the same bytes.
            let other = directory + "/other"
            try index.write(toPath: path, lastSequence: 5, fingerprint: Self.fingerprint)
            try opened.index.write(toPath: other, lastSequence: 5, fingerprint: Self.fingerprint)
            #expect(try readBytes(path) == readBytes(other))
        }
    }

    @Test func emptyAndEmptied() throws {
        let index = try HNSWIndex(dimension: 4_096, metric: .dot)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 0, fingerprint: Self.fingerprint)
            #expect(try readBytes(path).count == 256)
            #expect(try HNSWIndex.open(path: path).index.count == 0)
            try index.add(Array(repeating: 1, count: 4_096), key: 1)
            index.remove(key: 1)
            try index.write(toPath: path, lastSequence: 1, fingerprint: Self.fingerprint)
            let opened = try HNSWIndex.open(path: path)
            #expect(opened.index.count == 0 && opened.lastSequence == 1)
            #expect(opened.index.checkInvariants() == [])
        }
    }

    @Test func everyTruncationAndExtensionIsFound() throws {
        let index = try makeChangedIndex(count: 12, dimension: 3)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: Self.fingerprint)
            let bytes = try readBytes(path)
            for length in Array(0..<bytes.count) {
                try writeBytes(Array(bytes.prefix(length)), to: path)
                expectDamage(path, "\(length) of \(bytes.count) bytes")
            }
            try writeBytes(bytes + [0], to: path)
            expectDamage(path, "one byte more")
        }
    }

    /// A file of a dozen vectors: every byte of it is flipped once.
    @Test func everyFlippedByteIsFound() throws {
        let index = try makeChangedIndex(count: 12, dimension: 3)
        #expect(index.graph.upperBlockCount > 0)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: Self.fingerprint)
            let bytes = try readBytes(path)
            for position in bytes.indices {
                var damaged = bytes
                damaged[position] ^= [1, 0x80, 0xFF][position % 3]
                try writeBytes(damaged, to: path)
                expectDamage(path, "byte \(position) of \(bytes.count)")
            }
        }
    }

    private func expectDamage(_ path: String, _ place: Comment) {
        do {
            _ = try HNSWIndex.open(path: path)
            Issue.record("a damaged file was opened: \(place)")
        } catch {
            guard case .damagedFile(path, _, _) = error else {
                Issue.record("\(error): \(place)")
                return
            }
        }
    }

    /// Wrong contents under right checksums: only the proofs stand between them and memory.
    @Test func forgedContentsAreFound() throws {
        let index = try makeChangedIndex(count: 30, dimension: 3)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: Self.fingerprint)
            let bytes = try readBytes(path)
            let layout = IndexFile(
                dimension: 3, metric: .cosine, parameters: index.parameters, slotCount: index.graph.slotCount,
                liveCount: index.count, upperBlockCount: index.graph.upperBlockCount, entryPoint: 0, root: 0,
                lastSequence: 1, fingerprint: Self.fingerprint)
            #expect(bytes.count == layout.fileSizeBytes)
            func forge(_ section: IndexFile.Section, _ offset: Int, _ word: UInt32) throws {
                var forged = HeaderBytes(bytes: bytes)
                forged.store(word, at: layout.offset(section) + offset)
                let start = layout.offset(section)
                let sum = IndexFile.checksum(forged.bytes[start..<(start + layout.paddedSizeBytes(section))])
                forged.store(sum, at: IndexFile.Offset.sectionChecksums + 4 * section.rawValue)
                try forged.write(to: path)
                expectDamage(path, "\(section) at \(offset): \(word)")
            }
            let block0 = 0  // slot 0 is live: the count, then its neighbors
            let neighbor = index.graph.neighbors(of: 0, level: 0)[0]
            for count: UInt32 in [0, 1, 9, 1_000, .max] { try forge(.level0, block0, count) }
            for slot: UInt32 in [0, 1, 30, 1 << 30, .max] { try forge(.level0, block0 + 4, slot) }
            try forge(.level0, block0 + 8, neighbor)
            for count: UInt32 in [5, .max] { try forge(.upper, 0, count) }
            for parent: UInt32 in [1, 29, 30, .max - 1] { try forge(.parents, 0, parent) }
            for bits in [Float.nan.bitPattern, Float.infinity.bitPattern, Float(1e30).bitPattern, 0] {
                try forge(.vectors, 0, bits)
            }
            try forge(.vectors, 3 * 4, 1)
            try forge(.levels, 0, 0x0F0F_0F0F)
            try forge(.levels, 0, 0x7F7F_7F7F)
            try forge(.levels, 0, 0x8080_8080)
            try forge(.keys, 0, 2)

            func forgeHeader(_ offset: Int, _ value: some FixedWidthInteger) throws {
                var forged = HeaderBytes(bytes: bytes)
                forged.store(value, at: offset)
                try forged.write(to: path)
                expectDamage(path, "header at \(offset): \(value)")
            }
            typealias Offset = IndexFile.Offset
            for value: UInt64 in [0, 1, 29, 31, 1 << 30, 1 << 31, 1 << 62, .max] {
                for offset in [Offset.slotCount, Offset.liveCount, Offset.upperBlockCount, Offset.fileSize] {
                    try forgeHeader(offset, value)
                }
                for entry in 0..<12 { try forgeHeader(Offset.sections + 8 * entry, value) }
            }
            for value: UInt32 in [0, 1, 300, 5_000, .max] {
                for offset in [
                    Offset.headerSize, Offset.dimension, Offset.m, Offset.m0, Offset.entryPoint, Offset.root,
                ] where !(offset == Offset.root && value == index.graph.root) && value != index.graph.entryPoint {
                    try forgeHeader(offset, value)
                }
            }
            try forgeHeader(Offset.metric, UInt32(3))
            try forgeHeader(Offset.metric, UInt32(256))
            for offset in [Offset.efConstruction, Offset.efSearch] { try forgeHeader(offset, UInt32.max) }
        }
    }

    @Test func aLaterVersionIsNamed() throws {
        let index = try makeChangedIndex(count: 12, dimension: 3)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: Self.fingerprint)
            var later = HeaderBytes(bytes: try readBytes(path))
            later.store(UInt32(2), at: IndexFile.Offset.version)
            try later.write(to: path)
            #expect(throws: VectorIndexError.unsupportedVersion(path: path, expected: 1, found: 2)) {
                try HNSWIndex.open(path: path)
            }
        }
    }

    @Test func failuresOfTheFileSystem() throws {
        let index = try makeChangedIndex(count: 12, dimension: 3)
        try withTemporaryDirectory { directory in
            let missing = directory + "/missing"
            #expect(throws: VectorIndexError.fileOperation(path: missing, operation: "open", code: 2)) {
                try HNSWIndex.open(path: missing)
            }
            #expect(
                throws: VectorIndexError.fileOperation(path: directory, operation: "read as a regular file", code: 22)
            ) {
                try HNSWIndex.open(path: directory)
            }
            let nowhere = missing + "/index"
            #expect(throws: VectorIndexError.fileOperation(path: nowhere + ".partial", operation: "create", code: 2)) {
                try index.write(toPath: nowhere, lastSequence: 0, fingerprint: Self.fingerprint)
            }
            #expect(throws: VectorIndexError.fileOperation(path: directory, operation: "replace", code: 21)) {
                try index.write(toPath: directory, lastSequence: 0, fingerprint: Self.fingerprint)
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

    /// What a crash in the middle of a write leaves behind: the old file whole, and a partial one.
    @Test func aPartialFileIsReplaced() throws {
        let index = try makeChangedIndex(count: 12, dimension: 3)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: Self.fingerprint)
            try writeBytes(Array(repeating: 7, count: 100_000), to: path + ".partial")
            #expect(try HNSWIndex.open(path: path).lastSequence == 1)
            try index.write(toPath: path, lastSequence: 2, fingerprint: Self.fingerprint)
            #expect(try HNSWIndex.open(path: path).lastSequence == 2)
            #expect(throws: VectorIndexError.fileOperation(path: path + ".partial", operation: "open", code: 2)) {
                try HNSWIndex.open(path: path + ".partial")
            }
        }
    }

    @Test func directories() {
        #expect(IndexFileWriter.directory(of: "index") == ".")
        #expect(IndexFileWriter.directory(of: "/index") == "/")
        #expect(IndexFileWriter.directory(of: "a/b/index") == "a/b")
    }
}

extension HeaderBytes {
    /// Writes the bytes with a header checksum that fits them.
    fileprivate func write(to path: String) throws {
        var fitting = self
        let sum = IndexFile.checksum(bytes.prefix(IndexFile.Offset.headerChecksum))
        fitting.store(sum, at: IndexFile.Offset.headerChecksum)
        try writeBytes(fitting.bytes, to: path)
    }
}
