import Kernels

@testable import VectorIndex

/// An index of `vectors` under the keys 0, 1, 2 …, made at once.
func bulkIndex(
    _ vectors: [[Float]], dimension: Int? = nil, metric: Metric = .cosine, parameters: HNSWParameters = .init(),
    threads: Int = 1, progress: ((Double) -> Bool)? = nil
) throws -> HNSWIndex {
    let dimension = dimension ?? vectors.first?.count ?? 1
    let flat = vectors.flatMap { $0 }
    return try HNSWIndex.build(
        flat.span, keys: Array(0..<UInt64(vectors.count)), dimension: dimension, metric: metric, parameters: parameters,
        threads: threads, progress: progress)
}

/// `vector` as the index keeps it while it works: prepared for the metric, padded with zeros.
///
/// Who takes its `base` keeps the buffer, a `let`, alive with `withExtendedLifetime`.
func paddedVector(_ vector: [Float], metric: Metric) throws -> AlignedBuffer<Float> {
    let buffer = AlignedBuffer<Float>(capacity: VectorRows.queryStride(dimension: vector.count))
    try metric.prepare(vector.span, dimension: vector.count, into: buffer.base)
    return buffer
}

/// The vectors as rows, by slot.
func makeRows(_ vectors: [[Float]], metric: Metric, format: RowFormat = .float32) throws -> VectorRows {
    let rows = VectorRows(dimension: vectors[0].count, metric: metric, format: format)
    rows.grow(toHold: vectors.count)
    for (slot, vector) in vectors.enumerated() {
        let padded = try paddedVector(vector, metric: metric)
        withExtendedLifetime(padded) { rows.store(padded.base, slot: UInt32(slot)) }
    }
    return rows
}

/// A graph of `count` live nodes without links.
func makeGraph(count: Int, m: Int = 16, m0: Int = 32, seed: UInt64 = 1) -> HNSWGraph {
    let graph = HNSWGraph(m: m, m0: m0, seed: seed)
    for _ in 0..<count { graph.appendEmptySlot(isLive: true) }
    return graph
}

extension HNSWGraph {
    /// The neighbors of every slot on a level.
    func allNeighbors(level: Int) -> [[UInt32]] {
        (0..<UInt32(slotCount)).map { self.level(of: $0) >= level ? neighbors(of: $0, level: level) : [] }
    }

    /// What is wrong with the links of a level as such: too many, to itself, repeated, one-sided.
    func linkProblems(level: Int) -> [String] {
        let lists = allNeighbors(level: level)
        return lists.enumerated().flatMap { slot, list -> [String] in
            var problems: [String] = []
            if list.count > capacity(level: level) { problems.append("\(slot) has \(list.count) neighbors") }
            if Set(list).count != list.count { problems.append("\(slot) lists a neighbor twice") }
            if list.contains(UInt32(slot)) { problems.append("\(slot) is its own neighbor") }
            problems += list.filter { !lists[Int($0)].contains(UInt32(slot)) }.map { "\(slot) → \($0) is one-sided" }
            return problems
        }
    }

    /// All that can be seen of a graph.
    var fingerprint: [[UInt32]] {
        [[entryPoint ?? Self.noSlot, root ?? Self.noSlot], parents]
            + (0...topLevel).flatMap { allNeighbors(level: $0) }
    }
}

extension HNSWIndex {
    /// The slots of live nodes whose record differs from a fresh encoding of the stored vector.
    func staleRecords() -> [UInt32] {
        guard let codes else { return [] }
        let stride = codes.layout.strideBytes
        let fresh = VectorCodes(
            layout: codes.layout, metric: metric, rotation: codes.rotation, mean: codes.mean,
            meanResidualNorm: codes.meanResidualNorm,
            records: AlignedBuffer(capacity: graph.slotCount * stride))
        let scratch = QueryCode(dimension: codes.layout.dimension, recordBytes: stride)
        let vector = AlignedBuffer<Float>(capacity: codes.layout.dimension)
        return (0..<UInt32(graph.slotCount)).filter { slot in
            guard graph.isLive(slot) else { return false }
            withExtendedLifetime(vector) {
                rows.load(slot, into: vector.base)
                fresh.encode(vector.base, slot: slot, scratch: scratch)
            }
            return (0..<stride).contains {
                fresh.records[Int(slot) * stride + $0] != codes.records[Int(slot) * stride + $0]
            }
        }
    }
}

/// Mean and standard deviation.
func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / Double(max(1, values.count))).squareRoot())
}
