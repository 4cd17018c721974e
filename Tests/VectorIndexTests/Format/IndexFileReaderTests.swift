import Glibc
import Kernels
import TestSupport
import Testing

@testable import VectorIndex

/// Opening what was written, and refusing what is damaged: by `open`, or by `verify` and all that changes or writes.
@Suite struct IndexFileReaderTests {
    private func withFile(of index: HNSWIndex, _ body: (_ path: String) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: someFingerprint)
            try body(path)
        }
    }

    @Test(arguments: Metric.allCases, RowFormat.allCases)
    func roundTrip(metric: Metric, rows: RowFormat) throws {
        let index = try makeChangedIndex(metric: metric, rows: rows)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: UInt64.max - 1, fingerprint: someFingerprint)
            let opened = try HNSWIndex.open(path: path)
            #expect(opened.lastSequence == UInt64.max - 1)
            #expect(opened.fingerprint == someFingerprint)
            #expect(opened.index.dimension == index.dimension && opened.index.metric == metric)
            #expect(opened.index.parameters == index.parameters)
            #expect(haveSameContents(opened.index, index))
            #expect(opened.index.checkInvariants() == [])
            try opened.index.verify()

            // The opened index goes on as the other one does, also in the free slots.
            var data = SeededVectors(seed: 0xF11F)
            for key in UInt64(1_000)..<1_100 {
                let vector = data.vector(index.dimension)
                for each in [index, opened.index] { try each.add(vector, key: key) }
                if key % 3 == 0 { for each in [index, opened.index] { try each.remove(key: key - 998) } }
            }
            #expect(haveSameContents(opened.index, index))
            let query = data.vector(index.dimension)
            #expect(try opened.index.search(query, k: 20) == index.search(query, k: 20))

            // The same contents make the same bytes.
            let other = directory + "/other"
            try index.write(toPath: path, lastSequence: 5, fingerprint: someFingerprint)
            try opened.index.write(toPath: other, lastSequence: 5, fingerprint: someFingerprint)
            #expect(try readBytes(path) == readBytes(other))
        }
    }

    @Test func emptyAndEmptied() throws {
        let index = try HNSWIndex(dimension: 4_096, metric: .dot)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 0, fingerprint: someFingerprint)
            #expect(try readBytes(path).count == 512)
            let empty = try HNSWIndex.open(path: path).index
            #expect(empty.count == 0 && empty.checkInvariants() == [])
            try empty.verify()
            #expect(try empty.search(Array(repeating: 1, count: 4_096), k: 3) == [])
            for each in [index, empty] {
                try each.add(Array(repeating: 1, count: 4_096), key: 1)
                #expect(try each.search(Array(repeating: 1, count: 4_096), k: 3).map(\.key) == [1])
                try each.remove(key: 1)
                try each.write(toPath: path, lastSequence: 1, fingerprint: someFingerprint)
                let opened = try HNSWIndex.open(path: path)
                #expect(opened.index.count == 0 && opened.lastSequence == 1)
                #expect(opened.index.checkInvariants() == [])
                try opened.index.verify()
            }
        }
    }

    @Test func aFileOfNoSlotsOfVersion1() throws {
        let layout = IndexFile(
            version: 1, dimension: 5, metric: .l2, parameters: HNSWParameters(), slotCount: 0, liveCount: 0,
            upperBlockCount: 0, entryPoint: .max, root: .max, lastSequence: 3, fingerprint: someFingerprint,
            trainedCount: 0)
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            let header = layout.makeHeader(sectionChecksums: Array(repeating: 0, count: 6))
            #expect(header.count == 256)
            try writeBytes(header, to: path)
            let opened = try HNSWIndex.open(path: path)
            #expect(opened.lastSequence == 3 && opened.index.count == 0)
            try opened.index.add([1, 2, 3, 4, 5], key: 8)
            #expect(opened.index.checkInvariants() == [])
        }
    }

    @Test func whatIsNoFile() throws {
        try withTemporaryDirectory { directory in
            let missing = directory + "/missing"
            #expect(throws: VectorIndexError.fileOperation(path: missing, operation: "open", code: ENOENT)) {
                try HNSWIndex.open(path: missing)
            }
            // A fifo must not keep the reader waiting for a writer.
            let fifo = directory + "/fifo"
            #expect(mkfifo(fifo, 0o600) == 0)
            for path in [directory, fifo, "/dev/zero"] {
                let error = VectorIndexError.fileOperation(
                    path: path, operation: "read as a regular file", code: EINVAL)
                #expect(throws: error) { try HNSWIndex.open(path: path) }
            }
        }
    }

    // MARK: Damage by chance

    @Test func everyTruncationAndExtensionIsFound() throws {
        try withFile(of: makeChangedIndex(count: 12, dimension: 3)) { path in
            let bytes = try readBytes(path)
            for length in (0..<bytes.count).reversed() {
                #expect(truncate(path, length) == 0)
                let place: Comment = "\(length) of \(bytes.count) bytes"
                #expect(try finderOfDamage(path, place) == .open, place)
            }
            for extra in [1, 64, 4_096] {
                try writeBytes(bytes + Array(repeating: 0, count: extra), to: path)
                #expect(try finderOfDamage(path, "\(extra) bytes more") == .open)
            }
        }
    }

    /// A file of a dozen vectors: every byte of it is flipped once. Those of the vectors are found by `verify`, all others
    /// by `open`.
    @Test func everyFlippedByteIsFound() throws {
        let index = try makeChangedIndex(count: 12, dimension: 3)
        #expect(index.graph.upperBlockCount > 0)
        try withFile(of: index) { path in
            let bytes = try readBytes(path)
            let layout = try ForgedFile(path).layout
            let vectors = layout.offset(.vectors)..<(layout.offset(.vectors) + layout.paddedSizeBytes(.vectors))
            for position in bytes.indices {
                try withFlippedByte(path, at: position, mask: [1, 0x80, 0xFF][position % 3]) {
                    let place: Comment = "byte \(position) of \(bytes.count)"
                    let expected = vectors.contains(position) ? DamageFinder.verify : .open
                    let finder = try finderOfDamage(path, place)
                    #expect(finder == expected, place)
                }
            }
            #expect(try readBytes(path) == bytes)
            #expect(try finderOfDamage(path, "whole") == .nobody)
        }
    }

    /// Files with codes: bytes of every section flipped, and cuts everywhere.
    @Test(arguments: CodedSetup.all)
    func damageOfCodedFiles(setup: CodedSetup) throws {
        let seed: UInt64 = 0xDA
        var generator = SeededGenerator(seed: seed)
        let index = try setup.index
        try withFile(of: index) { path in
            let bytes = try readBytes(path)
            let layout = try ForgedFile(path).layout
            #expect((layout.codeLayout == nil) == (index.codes == nil))
            #expect(try finderOfDamage(path, "whole") == .nobody)
            for section in layout.sections where layout.sizeBytes(section) > 0 {
                let start = layout.offset(section)
                let count = layout.paddedSizeBytes(section)
                for offset in [0, count - 1] + (0..<3).map({ _ in Int.random(in: 0..<count, using: &generator) }) {
                    var damaged = bytes
                    damaged[start + offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                    try writeBytes(damaged, to: path)
                    let place: Comment = "seed \(seed), \(section) at \(offset)"
                    #expect(try finderOfDamage(path, place) == (section == .vectors ? .verify : .open), place)
                }
                try writeBytes(Array(bytes.prefix(start)), to: path)
                #expect(try finderOfDamage(path, "without \(section)") == .open)
                try writeBytes(Array(bytes.prefix(start + count / 2)), to: path)
                #expect(try finderOfDamage(path, "half of \(section)") == .open)
            }
        }
    }

    // MARK: Damage with right checksums

    /// Only the proofs stand between these and memory. What could lead a walk out of it is found by `open`.
    @Test func forgedContentsAreFound() throws {
        let index = try makeChangedIndex(count: 30, dimension: 3)
        try withFile(of: index) { path in
            var file = try ForgedFile(path)
            func forge(_ section: IndexFile.Section, _ offset: Int, _ word: UInt32, by finder: DamageFinder) throws {
                file.restore()
                if file.word(in: section, at: offset) == word { return }
                file.store(word, in: section, at: offset)
                try file.write()
                let place: Comment = "\(section) at \(offset): \(word)"
                #expect(try finderOfDamage(path, place) == finder, place)
            }
            // Slot 0 is live and slot 1 free.
            for slot: UInt32 in [30, 31, 1 << 30, .max - 1] { try forge(.level0, 0, slot, by: .open) }
            for slot: UInt32 in [0, 1, .max] { try forge(.level0, 0, slot, by: .verify) }
            try forge(.level0, 4, index.graph.neighbors(of: 0, level: 0)[0], by: .verify)
            for word in 8..<16 { try forge(.level0, 4 * word, 2, by: .verify) }
            // The block of a free slot.
            try forge(.level0, 64, 0, by: .verify)
            try forge(.level0, 64, 99, by: .open)
            let low = try #require(index.graph.levels.firstIndex(of: 0))
            for slot: UInt32 in [UInt32(low), 30, 1 << 30] { try forge(.upper, 0, slot, by: .open) }
            try forge(.upper, 0, .max, by: .verify)
            for slot in stride(from: 0, to: 30, by: 5) {
                for parent: UInt32 in [1, UInt32(slot), 29, 30, 1 << 31, .max - 1] {
                    try forge(.parents, 4 * slot, parent, by: .verify)
                }
            }
            for bits in [Float.nan.bitPattern, (-Float.nan).bitPattern, Float.infinity.bitPattern, 0x7149_F2CA, 0] {
                try forge(.vectors, 0, bits, by: .verify)
            }
            // Padding of a row.
            try forge(.vectors, 3 * 4, 1, by: .verify)
            for levels: UInt32 in [0x0F0F_0F0F, 0x7F7F_7F7F, 0x8080_8080] { try forge(.levels, 0, levels, by: .open) }
            try forge(.keys, 0, 2, by: .open)
        }
    }

    /// A tree that is sound but for a node with too many children: all its links would be the tree's, and a change that
    /// needs room at that node would find none.
    @Test func tooManyLinksOfTheTreeAreFound() throws {
        let index = try makeChangedIndex(count: 40, dimension: 3)
        let graph = index.graph
        let root = try #require(graph.root)
        let limit = graph.treeDegreeLimit
        // Whoever is hung under the root makes no circle.
        let children = graph.children(of: root)
        let others = graph.neighbors(of: root, level: 0).filter { !children.contains($0) }
        #expect(children.count <= limit && children.count + others.count > limit)
        try withFile(of: index) { path in
            for count in children.count...(children.count + others.count) {
                var file = try ForgedFile(path)
                for child in others.prefix(count - children.count) {
                    file.store(root, in: .parents, at: 4 * Int(child))
                }
                try file.write()
                let place: Comment = "\(count) children of a limit of \(limit)"
                // Their old parents have lost one, so that the root alone is over the limit.
                #expect(try finderOfDamage(path, place) == (count > limit ? .verify : .nobody), place)
            }
        }
    }

    /// Whatever numbers stand in the codes, they make worse estimates and nothing else: results are slots of the index
    /// with their exact distances.
    @Test(arguments: [CodeScheme.oneBit, .fourBit, .eightBit])
    func forgedCodes(scheme: CodeScheme) throws {
        let seed: UInt64 = 0xFC
        var generator = SeededGenerator(seed: seed)
        let index = try CodedSetup.of(scheme).index
        try withFile(of: index) { path in
            var file = try ForgedFile(path)
            for section: IndexFile.Section in [.codes, .codeModel] {
                for filling: UInt32 in [0x7FC0_0000, 0xFFC0_0000, 0x7F80_0000, 0, .max, 0x7F7F_FFFF] {
                    file.restore()
                    for offset in stride(from: 0, to: file.layout.sizeBytes(section), by: 4) {
                        let word = filling == .max ? UInt32.random(in: 0...(.max), using: &generator) : filling
                        file.store(word, in: section, at: offset)
                    }
                    try file.write()
                    let place: Comment = "seed \(seed), \(section) of \(filling)"
                    // A model with numbers that are none is refused; all others only make bad estimates.
                    if section == .codeModel, filling != 0, filling != 0x7F7F_FFFF {
                        #expect(try finderOfDamage(path, place) == .open, place)
                        continue
                    }
                    #expect(try finderOfDamage(path, place) == .nobody, place)
                    let opened = try HNSWIndex.open(path: path).index
                    let query = (0..<8).map { _ in Float.random(in: -1...1, using: &generator) }
                    let truth = try index.exactSearch(query, k: 2_000)
                    let exact = Dictionary(uniqueKeysWithValues: truth.map { ($0.key, $0.distance) })
                    let found = try opened.search(query, k: 10, efSearch: 50)
                    #expect(found.count == 10 && found.allSatisfy { exact[$0.key] == $0.distance }, place)
                    #expect(try opened.exactSearch(query, k: 2_000) == truth, place)
                    // Changes look for neighbors by the codes, too.
                    try opened.add(query, key: 1 << 40)
                    #expect(opened.checkInvariants() == [], place)
                    #expect(try opened.exactSearch(query, k: 2_000).contains { $0.key == 1 << 40 }, place)
                }
            }
        }
    }
}
