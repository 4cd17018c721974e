import Kernels

/// When an index begins to keep codes, and how they are made from its vectors.
enum CodeTraining {
    /// Vectors from which codes pay; below, the walk reads the vectors.
    static let firstCount = 1_024
    /// After growth by this factor the mean is taken anew and all vectors are coded again.
    static let growthFactor = 8

    static func isDue(count: Int, trainedCount: Int) -> Bool {
        trainedCount == 0 ? count >= firstCount : count >= trainedCount * growthFactor
    }

    /// Codes of all occupied slots; nil for the scheme `none`. Time: 2 µs a vector at 384 dimensions.
    static func makeCodes(
        scheme: CodeScheme, rows: VectorRows, slotCount: Int, live: [Bool], seed: UInt64, threads: Int = 1
    ) throws(VectorIndexError) -> VectorCodes? {
        guard let kind = scheme.resolved(dimension: rows.dimension).kind else { return nil }
        let rotation = try Rotation(dimension: rows.dimension, seed: seed)
        let layout = CodeLayout(kind: kind, dimension: rows.dimension)
        let (mean, meanResidualNorm) = rotatedMean(rows: rows, slotCount: slotCount, live: live, rotation: rotation)
        let codes = VectorCodes(
            layout: layout, metric: rows.metric, rotation: rotation, mean: mean, meanResidualNorm: meanResidualNorm)
        codes.records.reserve(slotCount * layout.strideBytes)
        ParallelLoop.run(count: slotCount, blockSize: 4_096, threads: threads) { slots, _ in
            let scratch = QueryCode(dimension: layout.dimension, recordBytes: layout.strideBytes)
            let vector = AlignedBuffer<Float>(capacity: layout.dimension)
            for slot in slots where live[slot] {
                unsafe rows.load(UInt32(slot), into: vector.base)
                unsafe codes.encode(vector.base, slot: UInt32(slot), scratch: scratch)
            }
            return true
        }
        return codes
    }

    /// The mean of at most 65,536 vectors, evenly spread over the slots, and the root mean square of what they differ by.
    private static func rotatedMean(
        rows: VectorRows, slotCount: Int, live: [Bool], rotation: Rotation
    ) -> (AlignedBuffer<Float>, Float) {
        let dimension = rotation.dimension
        let vector = AlignedBuffer<Float>(capacity: dimension)
        var sums = [Double](repeating: 0, count: dimension)
        var squares = 0.0
        var count = 0
        for slot in stride(from: 0, to: slotCount, by: max(1, (slotCount + sampleSize - 1) / sampleSize))
        where live[slot] {
            unsafe rows.load(UInt32(slot), into: vector.base)
            for index in 0..<dimension {
                let component = Double(vector[index])
                sums[index] += component
                squares += component * component
            }
            count += 1
        }
        for index in 0..<dimension { vector[index] = Float(sums[index] / Double(max(1, count))) }
        let mean = AlignedBuffer<Float>(capacity: dimension)
        let between = AlignedBuffer<Float>(capacity: dimension)
        unsafe rotation.apply(vector.base, to: mean.base, between: between.base)
        let meanSquares = sums.reduce(0) { $0 + $1 * $1 } / Double(max(1, count))
        return (mean, Float(max(0, (squares - meanSquares) / Double(max(1, count))).squareRoot()))
    }

    private static let sampleSize = 65_536
}
