import TestSupport
import Testing

@testable import VectorIndex

@Suite struct LeafJoinTests {
    /// The share of the true 10 nearest that are candidates; checks the lists themselves on the way.
    private func recall(_ vectors: [[Float]], metric: Metric, threads: Int = 1) throws -> Double {
        let rows = try makeRows(vectors, metric: metric)
        let slots = Array(0..<UInt32(vectors.count))
        let lists = try LeafJoin(rows: rows, slots: slots)
            .candidates(threads: threads, progress: BuildProgress(nil), upTo: 1)
        var hits = 0, wanted = 0
        for slot in stride(from: UInt32(0), to: UInt32(vectors.count), by: 29) {
            let found = lists[Int(slot)]
            #expect(found == found.sorted() && Set(found.map(\.slot)).count == found.count)
            #expect(!found.contains { $0.slot == slot })
            for candidate in found {
                let exact = rows.distance(slot, candidate.slot)
                #expect(abs(candidate.distance - exact) <= 1e-4 * max(1, abs(exact)), "\(slot) to \(candidate.slot)")
            }
            let truth = slots.filter { $0 != slot }.map { Candidate(distance: rows.distance(slot, $0), slot: $0) }
                .sorted().prefix(10)
            wanted += truth.count
            let names = Set(found.map(\.slot))
            hits += truth.count { names.contains($0.slot) }
        }
        return wanted == 0 ? 1 : Double(hits) / Double(wanted)
    }

    /// Up to 768 vectors all pairs are compared.
    @Test(arguments: [2, 3, 12, 300, 768], Metric.allCases)
    func smallOnesAreExact(count: Int, metric: Metric) throws {
        var data = SeededVectors(seed: UInt64(count))
        #expect(try recall((0..<count).map { _ in data.vector(7) }, metric: metric) == 1)
    }

    @Test(arguments: Metric.allCases)
    func clusteredVectors(metric: Metric) throws {
        var data = SeededVectors(seed: 0x1E)
        let vectors = data.clustered(count: 1_000, dimension: 12, clusters: 12, spread: 0.4)
        let recall = try recall(vectors, metric: metric, threads: 2)
        #expect(recall >= 0.9, "\(metric): recall \(recall)")
    }

    /// Squared distances of vectors far from the origin must not drown in the rounding of their norms.
    @Test func farFromTheOrigin() throws {
        var data = SeededVectors(seed: 0x1F)
        let vectors = (0..<400).map { _ in data.vector(6).map { 3_000 + $0 } }
        let rows = try makeRows(vectors, metric: .l2)
        let slots = Array(0..<UInt32(400))
        let lists = try LeafJoin(rows: rows, slots: slots).candidates(threads: 1, progress: BuildProgress(nil), upTo: 1)
        var hits = 0
        for slot in slots {
            let truth = slots.filter { $0 != slot }.min { rows.distance(slot, $0) < rows.distance(slot, $1) }
            if lists[Int(slot)].prefix(3).contains(where: { $0.slot == truth }) { hits += 1 }
        }
        #expect(hits >= 396, "\(hits) of 400 nearest neighbors among the first three candidates")
    }

    @Test func onlyTheSlotsAsked() throws {
        var data = SeededVectors(seed: 0x20)
        let rows = try makeRows((0..<60).map { _ in data.vector(3) }, metric: .cosine)
        let slots: [UInt32] = [3, 17, 20, 41, 59]
        let lists = try LeafJoin(rows: rows, slots: slots).candidates(threads: 1, progress: BuildProgress(nil), upTo: 1)
        for (node, slot) in slots.enumerated() {
            #expect(Set(lists[node].map(\.slot)) == Set(slots).subtracting([slot]))
        }
    }

    @Test func cancelled() throws {
        let rows = try makeRows((0..<50).map { [Float($0)] }, metric: .l2)
        #expect(throws: VectorIndexError.cancelled) {
            try LeafJoin(rows: rows, slots: Array(0..<50))
                .candidates(threads: 1, progress: BuildProgress { _ in false }, upTo: 1)
        }
    }
}
