import Glibc
import TestSupport
import Testing

@testable import VectorIndex

/// An index over the mapping of its file behaves as the one in memory.
@Suite struct HNSWIndexMappedTests {
    private func withBoth(
        _ index: HNSWIndex, _ body: (_ mapped: HNSWIndex, _ path: String) throws -> Void
    ) throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/index"
            try index.write(toPath: path, lastSequence: 1, fingerprint: someFingerprint)
            try body(HNSWIndex.open(path: path).index, path)
        }
    }

    private func expectSameAnswers(_ a: HNSWIndex, _ b: HNSWIndex, _ queries: [[Float]], _ place: Comment) throws {
        let thirds = (a.makeBitmap { $0 % 3 == 0 }, b.makeBitmap { $0 % 3 == 0 })
        #expect(thirds.0.count == thirds.1.count)
        for query in queries {
            #expect(try a.exactSearch(query, k: 9) == b.exactSearch(query, k: 9), place)
            #expect(try a.search(query, k: 9) == b.search(query, k: 9), place)
            #expect(
                try a.search(query, k: 9, efSearch: 15, allowed: thirds.0)
                    == b.search(query, k: 9, efSearch: 15, allowed: thirds.1), place)
            for hops in [1, 2] {
                #expect(
                    try a.graphSearch(query, k: 9, efSearch: 15, allowed: thirds.0, hops: hops)
                        == b.graphSearch(query, k: 9, efSearch: 15, allowed: thirds.1, hops: hops), place)
            }
            #expect(try a.graphSearch(query, k: 9, efSearch: 15) == b.graphSearch(query, k: 9, efSearch: 15), place)
        }
        #expect(try a.searchBatch(queries, k: 9) == b.searchBatch(queries, k: 9), place)
        #expect(try a.exactSearchBatch(queries, k: 9) == b.exactSearchBatch(queries, k: 9), place)
    }

    /// Answers, then the same changes on both (into free slots, beyond the mapping, replacing, removing), then answers,
    /// graphs and files again.
    @Test(arguments: CodedSetup.all)
    func behavesAsTheOneInMemory(setup: CodedSetup) throws {
        let seed = 0x3A8 + UInt64(IndexFile.codeSchemes.firstIndex(of: setup.scheme) ?? 0)
        var data = SeededVectors(seed: seed)
        let index = try setup.make()
        let queries = (0..<6).map { _ in data.vector(8) }
        try withBoth(index) { mapped, path in
            let bytes = try readBytes(path)
            try expectSameAnswers(index, mapped, queries, "seed \(seed), unchanged")
            for step in 0..<150 {
                let key = UInt64.random(in: 0..<1_300, using: &data)
                if step % 3 == 0 {
                    let removed = try index.remove(key: key)
                    #expect(try mapped.remove(key: key) == removed)
                } else {
                    let vector = data.vector(8)
                    for each in [index, mapped] { try each.add(vector, key: key) }
                }
            }
            let slots = mapped.graph.slotCount
            for key in UInt64(5_000)..<5_080 {
                let vector = data.vector(8)
                for each in [index, mapped] { try each.add(vector, key: key) }
            }
            #expect(mapped.graph.slotCount > slots && mapped.graph.slotCount > 1_060)
            #expect(haveSameContents(index, mapped), "seed \(seed)")
            #expect(mapped.checkInvariants() == [])
            try expectSameAnswers(index, mapped, queries, "seed \(seed), changed")
            // The graph is whole: a walk as wide as the index is a full scan.
            for query in queries {
                #expect(try mapped.graphSearch(query, k: 9, efSearch: 5_000) == index.exactSearch(query, k: 9))
            }
            // Nothing of it reached the file.
            #expect(try readBytes(path) == bytes)
            // Both make the same new file, over the one that is mapped.
            try index.write(toPath: path + "2", lastSequence: 2, fingerprint: someFingerprint)
            try mapped.write(toPath: path, lastSequence: 2, fingerprint: someFingerprint)
            #expect(try readBytes(path) == readBytes(path + "2"))
            try expectSameAnswers(index, mapped, queries, "seed \(seed), written")
            let again = try HNSWIndex.open(path: path).index
            #expect(haveSameContents(index, again))
        }
    }

    /// The file goes away, or another takes its name: the index that was opened from it does not notice.
    @Test func theFileMayGo() throws {
        var data = SeededVectors(seed: 0x3A9)
        let index = try CodedSetup.of(.fourBit).make()
        let queries = (0..<5).map { _ in data.vector(8) }
        try withBoth(index) { mapped, path in
            #expect(unlink(path) == 0)
            try expectSameAnswers(index, mapped, queries, "removed")
            try makeChangedIndex(count: 20, dimension: 8).write(
                toPath: path, lastSequence: 9, fingerprint: someFingerprint)
            try expectSameAnswers(index, mapped, queries, "replaced")
            try mapped.verify()
            for each in [index, mapped] {
                try each.add(queries[0], key: 77_777)
                try each.remove(key: 2)
            }
            try expectSameAnswers(index, mapped, queries, "replaced and changed")
            #expect(try HNSWIndex.open(path: path).lastSequence == 9)
        }
    }

    /// Two indexes opened from one file go ways of their own.
    @Test func openedTwice() throws {
        let index = try makeChangedIndex(count: 60, dimension: 4)
        try withBoth(index) { one, path in
            let other = try HNSWIndex.open(path: path).index
            for key in UInt64(2)...40 { try one.remove(key: key) }
            try one.add([1, 2, 3, 4], key: 500)
            #expect(haveSameContents(index, other) && one.count < other.count)
            #expect(one.checkInvariants() == [] && other.checkInvariants() == [])
        }
    }

    /// Codes begin at the same vector and are the same, wherever the vectors lie.
    @Test(arguments: [CodeScheme.oneBit, .eightBit])
    func codesBeginInAMapping(scheme: CodeScheme) throws {
        var data = SeededVectors(seed: 0x3AA)
        let vectors = data.clustered(count: 1_030, dimension: 8, clusters: 6, spread: 0.5)
        let index = try makeBulkIndex(
            Array(vectors.prefix(1_020)), parameters: HNSWParameters(m: 4, m0: 8, codes: scheme))
        #expect(index.codes == nil)
        try withBoth(index) { mapped, _ in
            for key in 1_020..<1_030 {
                for each in [index, mapped] {
                    try each.add(vectors[key], key: UInt64(key))
                    #expect((each.codes != nil) == (key >= 1_023))
                }
            }
            #expect(haveSameContents(index, mapped))
        }
    }

    /// An index that shrank below the number at which codes begin keeps them, in memory and in the file.
    @Test func codesOutliveShrinking() throws {
        let index = try CodedSetup.of(.oneBit).make()
        for key in UInt64(0)..<800 { try index.remove(key: key) }
        #expect(index.count < 400 && index.codes != nil)
        try withBoth(index) { mapped, _ in
            #expect(haveSameContents(index, mapped) && mapped.trainedCount == index.trainedCount)
            #expect(mapped.checkInvariants() == [])
        }
    }

    /// What searches an opened index does not wait for the proof, and what changes it runs the proof once.
    @Test func theProofRunsBeforeTheFirstChange() throws {
        let index = try makeChangedIndex(count: 30, dimension: 4)
        try withBoth(index) { mapped, path in
            var bytes = try readBytes(path)
            bytes[600] ^= 4
            // Not under the mapping, which a writer replaces by renaming, but under a new one.
            #expect(unlink(path) == 0)
            try writeBytes(bytes, to: path)
            let damaged = try HNSWIndex.open(path: path).index
            #expect(try damaged.search([1, 0, 0, 0], k: 3).count == 3)
            #expect(throws: VectorIndexError.self) { try damaged.add([1, 0, 0, 0], key: 900) }
            #expect(throws: VectorIndexError.self) { try damaged.remove(key: 900) }
            #expect(!damaged.contains(key: 900) && damaged.count == index.count)
            // A bad argument is named before the file is read.
            #expect(throws: VectorIndexError.notFinite(component: 0)) { try damaged.add([.nan, 0, 0, 0], key: 900) }
            try mapped.add([1, 0, 0, 0], key: 900)
            try mapped.verify()
            #expect(mapped.contains(key: 900))
        }
    }
}
