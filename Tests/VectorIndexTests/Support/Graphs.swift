import Kernels

@testable import VectorIndex

/// A graph of live slots without links.
func makeGraph(slots: Int, m: Int = 4, m0: Int = 8) throws -> HNSWGraph {
    let graph = HNSWGraph(m: m, m0: m0, seed: 1)
    for _ in 0..<slots { graph.publish(graph.occupySlot()) }
    return graph
}

/// Whether two indexes hold the same, slot for slot: keys, vectors, codes and links.
func haveSameContents(_ a: HNSWIndex, _ b: HNSWIndex) -> Bool {
    guard a.keys.keys == b.keys.keys, a.graph.levels == b.graph.levels, a.graph.live == b.graph.live,
        a.graph.parents == b.graph.parents, a.graph.entryPoint == b.graph.entryPoint, a.graph.root == b.graph.root,
        (a.codes == nil) == (b.codes == nil)
    else { return false }
    if let codes = a.codes, let others = b.codes {
        let record = codes.layout.strideBytes
        guard codes.layout == others.layout,
            (0..<codes.layout.dimension).allSatisfy({ codes.mean[$0] == others.mean[$0] }),
            codes.rotation.matrices == others.rotation.matrices
        else { return false }
        for slot in 0..<a.graph.slotCount where a.graph.live[slot] {
            guard (0..<record).allSatisfy({ codes.records[slot * record + $0] == others.records[slot * record + $0] })
            else { return false }
        }
    }
    return (0..<UInt32(a.graph.slotCount)).allSatisfy { slot in
        a.rows.copy(slot) == b.rows.copy(slot)
            && (0...a.graph.level(of: slot)).allSatisfy {
                a.graph.neighbors(of: slot, level: $0) == b.graph.neighbors(of: slot, level: $0)
            }
    }
}

/// A vector as rows and codes take it: zeros up to the padded dimension.
func padded(_ vector: [Float]) -> [Float] {
    vector + Array(repeating: 0, count: VectorRows.queryStride(dimension: vector.count) - vector.count)
}

/// Padded vectors one after the other.
func paddedQueries(_ vectors: [[Float]]) -> AlignedBuffer<Float> {
    let all = vectors.flatMap { padded($0) }
    let buffer = AlignedBuffer<Float>(capacity: all.count)
    for (index, value) in all.enumerated() { buffer[index] = value }
    return buffer
}
