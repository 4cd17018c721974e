import Foundation
import Glibc
import Kernels
import Testing

@testable import VectorIndex

/// Files of every version, metric, row format and code scheme that are kept, and that every later program must open.
@Suite struct GoldenFilesTests {
    /// Exact distances differ between machines only by the order of sums, of bfloat16 too.
    private static let tolerance: Float = 1e-5

    private func check(_ index: HNSWIndex, _ file: GoldenFile, _ step: Comment) throws {
        for found in [
            try index.exactSearch(GoldenFile.query, k: 5), try index.search(GoldenFile.query, k: 5),
            try index.graphSearch(GoldenFile.query, k: 5, efSearch: 200),
        ] {
            #expect(found.map(\.key) == file.keys, step)
            #expect(zip(found, file.distances).allSatisfy { abs($0.distance - $1) < Self.tolerance }, step)
        }
        #expect(index.checkInvariants() == [], step)
    }

    private func version(_ path: String) throws -> UInt32 {
        HeaderBytes(bytes: try readBytes(path)).load(UInt32.self, at: IndexFile.Offset.version)
    }

    @Test(arguments: GoldenFile.all)
    func areOpenedForEver(file: GoldenFile) throws {
        #expect(try version(file.path) == file.version)
        let opened = try HNSWIndex.open(path: file.path)
        let index = opened.index
        #expect(opened.lastSequence == GoldenFile.lastSequence && opened.fingerprint == GoldenFile.fingerprint)
        #expect(index.metric == file.metric && index.dimension == GoldenFile.dimension)
        #expect(
            index.parameters
                == HNSWParameters(m: 4, m0: 8, efConstruction: 40, seed: 3, rows: file.rows, codes: file.codes))
        #expect(index.codes?.layout.kind == (file.version == 1 ? nil : file.codes.kind))
        try check(index, file, "opened")
        try index.verify()

        // It holds what went in, as far as the metric and the row format keep it.
        let vectors = file.vectors
        #expect(index.count == vectors.count)
        let error: Float = file.rows == .float32 ? 1e-6 : file.rows == .bfloat16 ? 1 / 256 : 1 / 2_048
        for (key, vector) in vectors {
            let stored = try #require(index.vector(forKey: key))
            let norm = file.metric == .cosine ? vector.reduce(0) { $0 + $1 * $1 }.squareRoot() : 1
            #expect(zip(stored, vector).allSatisfy { abs($0 - $1 / norm) <= error }, "key \(key)")
        }
    }

    /// Changed and written again, a file of any version becomes one of today's.
    @Test(arguments: GoldenFile.all)
    func goOn(file: GoldenFile) throws {
        let before = try readBytes(file.path)
        let index = try HNSWIndex.open(path: file.path).index
        let vectors = file.vectors
        for (key, vector) in vectors.sorted(by: { $0.key < $1.key }).prefix(40) {
            // As far away as can be, under other keys; then gone again.
            try index.add(vector.map { -$0 }, key: key + 100_000)
        }
        #expect(index.checkInvariants() == [])
        for key in vectors.keys.sorted().prefix(40) { #expect(try index.remove(key: key + 100_000)) }
        try check(index, file, "changed")
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 78, fingerprint: GoldenFile.fingerprint)
            #expect(try version(path) == IndexFile.currentVersion)
            let again = try HNSWIndex.open(path: path)
            #expect(again.lastSequence == 78)
            try again.index.verify()
            try check(again.index, file, "written again")
            #expect(haveSameContents(index, again.index))
        }
        #expect(try readBytes(file.path) == before)
    }

    /// What is written now holds what was written then.
    @Test(arguments: GoldenFile.all.filter { $0.version == IndexFile.currentVersion })
    func areMadeAsDocumented(file: GoldenFile) throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try file.make(toPath: path)
            try check(HNSWIndex.open(path: path).index, file, "made anew")
            #expect(try readBytes(path).count == readBytes(file.path).count)
        }
    }

    /// Makes the files of today's version anew in the folder that GOLDEN_FOLDER names, and prints what they answer. For a
    /// new version of the format only: the files of an old one are never made again.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["GOLDEN_FOLDER"] != nil))
    func makeAnew() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["GOLDEN_FOLDER"])
        for file in GoldenFile.all where file.version == IndexFile.currentVersion {
            let path = folder + "/" + file.fileName
            try file.make(toPath: path)
            let found = try HNSWIndex.open(path: path).index.exactSearch(GoldenFile.query, k: 5)
            print(file.name, found.map(\.key), found.map(\.distance))
        }
    }

    @Test func versionTwoHasAllRowFormatsAndSchemes() {
        let files = GoldenFile.all.filter { $0.version == 2 }
        #expect(Set(files.map(\.rows)) == Set(RowFormat.allCases))
        #expect(Set(files.map(\.codes)).isSuperset(of: [.none, .oneBit, .fourBit, .eightBit]))
        #expect(Set(files.map(\.metric)) == Set(Metric.allCases))
    }

    // MARK: Damage of version 1

    /// Wrong links under right checksums: what leads out of memory is found by `open`.
    @Test func forgedFilesOfVersion1() throws {
        let golden = try #require(GoldenFile.all.first { $0.version == 1 })
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try writeBytes(readBytes(golden.path), to: path)
            var file = try ForgedFile(path)
            #expect(file.layout.version == 1 && file.layout.slotCount == 150)
            func forge(_ section: IndexFile.Section, _ offset: Int, _ word: UInt32, by finder: DamageFinder) throws {
                file.restore()
                if file.word(in: section, at: offset) == word { return }
                file.store(word, in: section, at: offset)
                try file.write()
                let place: Comment = "\(section) at \(offset): \(word)"
                #expect(try finderOfDamage(path, place) == finder, place)
            }
            // Slot 0 was removed and is free; slot 1 is live. Its block begins with the number of neighbors.
            let block = 4 * 9
            let degree = file.word(in: .level0, at: block)
            #expect(degree > 1 && degree <= 8)
            for count: UInt32 in [9, 1_000, .max] { try forge(.level0, block, count, by: .open) }
            for count in [0, degree - 1] { try forge(.level0, block, count, by: .verify) }
            for slot: UInt32 in [150, 1 << 30, .max - 1] { try forge(.level0, block + 4, slot, by: .open) }
            for slot: UInt32 in [0, 1, .max] { try forge(.level0, block + 4, slot, by: .verify) }
            for count: UInt32 in [5, .max] { try forge(.upper, 0, count, by: .open) }
            try forge(.parents, 4, 0, by: .verify)
            try forge(.vectors, 64, Float.nan.bitPattern, by: .verify)
            try forge(.levels, 0, 0x7F7F_7F7F, by: .open)
        }
    }

    @Test func flippedBytesOfVersion1() throws {
        let golden = try #require(GoldenFile.all.first { $0.version == 1 })
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            let bytes = try readBytes(golden.path)
            try writeBytes(bytes, to: path)
            let vectors = 256..<(256 + 150 * 64)
            for position in Array(0..<256) + stride(from: 257, to: bytes.count, by: 211) {
                try withFlippedByte(path, at: position, mask: [1, 0x80, 0xFF][position % 3]) {
                    let place: Comment = "byte \(position)"
                    let finder = try finderOfDamage(path, place)
                    #expect(finder == (vectors.contains(position) ? .verify : .open), place)
                }
            }
            #expect(try finderOfDamage(path, "whole") == .nobody)
            for length in stride(from: bytes.count - 1, through: 0, by: -97) {
                #expect(truncate(path, length) == 0)
                #expect(try finderOfDamage(path, "\(length) bytes") == .open)
            }
        }
    }
}
