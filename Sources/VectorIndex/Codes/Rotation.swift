import Kernels

/// A fixed random rotation, which spreads what a vector says evenly over its components, so that one or four bits of each
/// tell as much as they can (Gao and Long, "RaBitQ", 2024).
///
/// A dense matrix of 384 × 384 would cost more to read for a query than the search that follows. This one is made of two
/// rounds of small matrices: each block of 64 components is turned by a random orthogonal matrix (QR of normal numbers),
/// the components are then dealt out evenly over new blocks, and these are turned by a second one. It is exactly
/// orthogonal and takes 2·64·D multiplications.
struct Rotation {
    /// D: the dimension rounded up to whole blocks.
    let dimension: Int
    /// The matrices of the two rounds, row-major, one after the other; what a file keeps.
    let matrices: [Float]
    private let first: BlockRotation
    private let second: BlockRotation

    static let matrixSize = BlockRotation.blockSize * BlockRotation.blockSize

    static func paddedDimension(_ dimension: Int) -> Int {
        (dimension + BlockRotation.blockSize - 1) / BlockRotation.blockSize * BlockRotation.blockSize
    }

    /// - Throws: `outOfMemory` where LAPACK has none.
    init(dimension: Int, seed: UInt64) throws(VectorIndexError) {
        var matrices: [Float] = []
        for round in UInt64(1)...2 {
            guard let matrix = OrthogonalMatrix.random(size: BlockRotation.blockSize, seed: seed &+ round) else {
                throw .outOfMemory
            }
            matrices += matrix
        }
        self.init(dimension: dimension, matrices: matrices)
    }

    init(dimension: Int, matrices: [Float]) {
        precondition(matrices.count == 2 * Self.matrixSize, "\(matrices.count) floats for two matrices")
        self.dimension = Self.paddedDimension(dimension)
        self.matrices = matrices
        first = BlockRotation(matrix: Array(matrices.prefix(Self.matrixSize)))
        second = BlockRotation(matrix: Array(matrices.suffix(Self.matrixSize)))
    }

    /// Turns `input` to `output`, of `dimension` floats each; `between` holds as many. The three do not overlap.
    @unsafe
    func apply(
        _ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>, between: UnsafeMutablePointer<Float>
    ) {
        let size = BlockRotation.blockSize
        let blocks = dimension / size
        // SAFETY: the caller lends `dimension` floats, whole blocks, at each pointer.
        unsafe first.uncheckedRotate(input, into: output, blocks: blocks)
        for block in 0..<blocks {
            let row = unsafe output + block &* size
            for index in 0..<size { unsafe between[index &* blocks &+ block] = row[index] }
        }
        unsafe second.uncheckedRotate(between, into: output, blocks: blocks)
    }
}
