/// Moves vectors so that their mean is the origin, which changes no distance between them.
///
/// Squared distances by matrix products are ‖x‖² + ‖y‖² − 2·x·y. Far from the origin the small difference of these large
/// numbers is lost in their rounding.
enum Centering {
    /// The mean of `count` rows, `stride` floats each.
    static func mean(of vectors: AlignedBuffer<Float>, count: Int, stride: Int) -> AlignedBuffer<Float> {
        precondition(vectors.capacity >= count * stride, "\(count) rows of \(stride) in \(vectors.capacity) floats")
        var sums = [Double](repeating: 0, count: stride)
        for row in 0..<count {
            // SAFETY: all indexes are below count·stride.
            for index in 0..<stride { sums[index] += Double(unsafe vectors.base[row * stride + index]) }
        }
        let mean = AlignedBuffer<Float>(capacity: stride)
        for index in 0..<stride { mean[index] = Float(sums[index] / Double(max(1, count))) }
        return mean
    }

    /// Takes `mean` away from each of `count` rows, `stride` floats each.
    static func subtract(_ mean: AlignedBuffer<Float>, from vectors: AlignedBuffer<Float>, count: Int, stride: Int) {
        precondition(vectors.capacity >= count * stride && mean.capacity >= stride, "\(count) rows of \(stride)")
        let center = unsafe mean.base
        for row in 0..<count {
            // SAFETY: all indexes are below count·stride.
            let vector = unsafe vectors.base + row * stride
            for index in 0..<stride { unsafe vector[index] -= center[index] }
        }
    }
}
