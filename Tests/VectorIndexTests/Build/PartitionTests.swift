import TestSupport
import Testing

@testable import VectorIndex

@Suite struct PartitionTests {
    private func leaves(
        _ vectors: [[Float]], slots: [UInt32]? = nil, round: Int = 0, threads: Int = 1
    ) throws -> [Partition.Leaf] {
        let rows = try makeRows(vectors, metric: .l2)
        let partition = Partition(rows: rows, slots: slots ?? Array(0..<UInt32(vectors.count)))
        return try #require(partition.leaves(round: round, threads: threads, progress: BuildProgress(nil)))
    }

    /// Where each membership of each position lies; the number of those that lie nowhere because they were alone.
    private func check(_ leaves: [Partition.Leaf], count: Int, largest: Int) {
        var seen = Array(repeating: Set<UInt8>(), count: count)
        for leaf in leaves {
            #expect(leaf.positions.count == leaf.memberships.count)
            #expect(leaf.positions.count > 1 && leaf.positions.count <= largest, "a leaf of \(leaf.positions.count)")
            #expect(Set(leaf.positions).count == leaf.positions.count, "a position is in a leaf twice")
            for (position, membership) in zip(leaf.positions, leaf.memberships) {
                #expect(Int(membership) < Partition.overlap)
                #expect(seen[Int(position)].insert(membership).inserted, "membership \(membership) of \(position)")
            }
        }
        let missing = seen.reduce(0) { $0 + Partition.overlap - $1.count }
        #expect(missing <= count * Partition.overlap / 50, "\(missing) memberships in no leaf")
        #expect(seen.allSatisfy { !$0.isEmpty }, "a position in no leaf")
    }

    @Test(arguments: [1, 2, 3, 10, 767, 768])
    func fewAreOneLeaf(count: Int) throws {
        let leaves = try leaves((0..<count).map { [Float($0), 1] })
        #expect(leaves.count == 1)
        #expect(leaves.first?.positions == Array(0..<UInt32(count)))
        #expect(leaves.first?.memberships == Array(repeating: 0, count: count))
    }

    @Test(arguments: [769, 1_500])
    func coversAll(count: Int) throws {
        var data = SeededVectors(seed: UInt64(count))
        let mean = Int(Double(count).squareRoot())
        check(try leaves((0..<count).map { _ in data.vector(6) }), count: count, largest: 6 * mean)
        let clustered = data.clustered(count: count, dimension: 6, clusters: 3, spread: 0.01)
        check(try leaves(clustered), count: count, largest: 6 * mean)
    }

    /// Vectors that no pivot tells apart are dealt out all the same: comparing all pairs of one leaf of 100,000 would take
    /// minutes.
    @Test func identicalVectorsAreSplitToo() throws {
        let count = 1_200
        check(try leaves(Array(repeating: [1, 2, 3], count: count)), count: count, largest: 6 * 34)
        var data = SeededVectors(seed: 0x9A)
        let mostlyCopies = (0..<count).map { $0 % 10 == 0 ? data.vector(3) : [1, 2, 3] }
        check(try leaves(mostlyCopies), count: count, largest: 6 * 34)
    }

    @Test func roundsDifferAndThreadsDoNot() throws {
        var data = SeededVectors(seed: 0x9B)
        let vectors = (0..<900).map { _ in data.vector(5) }
        let first = try leaves(vectors).map(\.positions)
        #expect(first == (try leaves(vectors, threads: 3).map(\.positions)))
        #expect(first != (try leaves(vectors, round: 1).map(\.positions)))
    }

    /// Positions count within the slots that are split.
    @Test func someSlots() throws {
        var data = SeededVectors(seed: 0x9C)
        let vectors = (0..<1_700).map { _ in data.vector(4) }
        let slots = (0..<UInt32(850)).map { 2 * $0 + 1 }
        let leaves = try leaves(vectors, slots: slots)
        check(leaves, count: 850, largest: 6 * 29)
        #expect(leaves.count > 10)
    }

    @Test func cancelled() throws {
        let rows = try makeRows((0..<800).map { [Float($0)] }, metric: .l2)
        let progress = BuildProgress { _ in false }
        progress.show(0, upTo: 1)
        let partition = Partition(rows: rows, slots: Array(0..<800))
        #expect(partition.leaves(round: 0, threads: 2, progress: progress) == nil)
    }

    @Test func samples() {
        for (count, n) in [(0, 5), (1, 1), (5, 5), (3, 100), (9, 4)] {
            let sample = Partition.sample(count, of: n, seed: 3)
            #expect(sample.count == min(count, n) && Set(sample).count == sample.count)
            #expect(sample.allSatisfy { $0 < n })
        }
        #expect(Partition.sample(50, of: 100, seed: 1) != Partition.sample(50, of: 100, seed: 2))
    }
}

extension Partition.Leaf: Equatable {
    public static func == (a: Self, b: Self) -> Bool { a.positions == b.positions && a.memberships == b.memberships }
}
