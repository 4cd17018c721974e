import TestSupport

extension SeededGenerator {
    /// Components of both signs over several orders of magnitude.
    mutating func floats(_ count: Int) -> [Float] {
        (0..<count).map { _ in
            let magnitudes: [Float] = [1e-3, 0.1, 1, 1, 10]
            return Float.random(in: -1...1, using: &self) * magnitudes[Int.random(in: 0..<5, using: &self)]
        }
    }
}
