import Glibc

/// The largest magnitude of each input of the linear layers that follow a layer norm, over all tokens seen.
struct InputRanges {
    enum Input: Int, CaseIterable {
        case attention, feedForward
    }

    private let size: Int
    /// By layer and input, C each.
    private var largest: [[Float]]

    init(_ configuration: BERTConfiguration) {
        size = configuration.hiddenSize
        largest = Array(
            repeating: Array(repeating: 0, count: size), count: configuration.layerCount * Input.allCases.count)
    }

    /// Adds tokens (rows, C).
    mutating func add(_ tokens: Span<Float>, rows: Int, _ input: Input, layer: Int) {
        let index = layer * Input.allCases.count + input.rawValue
        for row in 0..<rows {
            for i in 0..<size { largest[index][i] = max(largest[index][i], tokens[row * size + i].magnitude) }
        }
    }

    /// What to multiply each input by so that both it and the weights it meets keep most of their precision in bytes:
    /// √(range of the weights / range of the input), of geometric mean 1 (Xiao et al. 2022, arXiv:2211.10438, α = 1/2).
    ///
    /// - Parameter weight: (out, C), the weights that the input meets.
    func factors(_ weight: Span<Float>, outputSize: Int, _ input: Input, layer: Int) -> [Float] {
        let ranges = largest[layer * Input.allCases.count + input.rawValue]
        var weights = [Float](repeating: 0, count: size)
        for row in 0..<outputSize {
            for i in 0..<size { weights[i] = max(weights[i], weight[row * size + i].magnitude) }
        }
        // An input that never moves, or meets no weight, has no range to share.
        let tiny: Float = 1e-5
        var factors = (0..<size).map { (max(weights[$0], tiny) / max(ranges[$0], tiny)).squareRoot() }
        let mean = factors.reduce(Float(0)) { $0 + log($1) } / Float(size)
        for i in factors.indices { factors[i] *= exp(-mean) }
        // Of weights so large that products overflow no range is known.
        return factors.allSatisfy { $0.isNormal && $0 > 0 } ? factors : factors.map { _ in 1 }
    }
}
