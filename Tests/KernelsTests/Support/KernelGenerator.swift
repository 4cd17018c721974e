/// SplitMix64: the same seed gives the same numbers everywhere.
struct KernelGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Components of both signs over several orders of magnitude.
    mutating func floats(_ count: Int) -> [Float] {
        (0..<count).map { _ in
            let magnitudes: [Float] = [1e-3, 0.1, 1, 1, 10]
            return Float.random(in: -1...1, using: &self) * magnitudes[Int.random(in: 0..<5, using: &self)]
        }
    }
}
