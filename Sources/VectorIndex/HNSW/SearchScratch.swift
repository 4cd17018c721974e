import Kernels

/// What one search needs beside the index. Used by one thread at a time.
@safe
final class SearchScratch {
    /// The sizes that a scratch of an index has.
    struct Shape: Sendable {
        let queryStride: Int
        /// The most neighbors of a node.
        let degreeLimit: Int
        /// 0 without codes.
        let recordBytes: Int

        init(dimension: Int, parameters: HNSWParameters) {
            queryStride = VectorRows.queryStride(dimension: dimension)
            degreeLimit = max(parameters.m, parameters.m0)
            recordBytes =
                parameters.codes.resolved(dimension: dimension).kind.map {
                    CodeLayout(kind: $0, dimension: dimension).strideBytes
                } ?? 0
        }
    }

    /// The prepared query: one padded vector.
    let query: AlignedBuffer<Float>
    let beam: Beam
    /// Slots to be scored together by a scan, and their distances.
    let batch: AlignedBuffer<UInt32>
    let distances: AlignedBuffer<Float>
    /// The best of a scan, farthest first.
    let nearest = BoundedHeap()

    /// The vectors that a scan scores at a time.
    static let blockRows = 256

    init(shape: Shape) {
        query = AlignedBuffer(capacity: shape.queryStride)
        beam = Beam(shape: shape)
        batch = AlignedBuffer(capacity: Self.blockRows)
        distances = AlignedBuffer(capacity: Self.blockRows)
    }
}
