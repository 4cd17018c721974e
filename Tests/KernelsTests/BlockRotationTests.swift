import Kernels
import TestSupport
import Testing

@Suite struct BlockRotationTests {
    static let seed: UInt64 = 0x0707

    @Test(arguments: SIMDLevel.available)
    func blocksAreMatrixProducts(level: SIMDLevel) {
        var generator = SeededGenerator(seed: Self.seed)
        let matrix = generator.floats(64 * 64)
        let rotation = BlockRotation(matrix: matrix, level: level)
        for blocks in [0, 1, 2, 3, 6, 7, 16] {
            let x = generator.floats(64 * blocks)
            let found = rotated(x, rotation), expected = CodeReference.rotated(x, matrix: matrix)
            let magnitudes = CodeReference.rotated(x.map(abs), matrix: matrix.map(abs))
            for index in x.indices {
                #expect(
                    abs(Double(found[index]) - expected[index]) <= 66 * 0x1p-23 * magnitudes[index],
                    "seed \(Self.seed), \(level), component \(index) of \(blocks) blocks")
            }
        }
    }

    /// A permutation moves components without rounding.
    @Test(arguments: SIMDLevel.available)
    func permutationsAreExact(level: SIMDLevel) {
        var generator = SeededGenerator(seed: Self.seed + 1)
        let order = (0..<64).shuffled(using: &generator)
        var matrix = [Float](repeating: 0, count: 64 * 64)
        for row in 0..<64 { matrix[64 * row + order[row]] = 1 }
        let rotation = BlockRotation(matrix: matrix, level: level)
        let x = generator.floats(3 * 64)
        let found = rotated(x, rotation)
        #expect(found == x.indices.map { x[$0 / 64 * 64 + order[$0 % 64]] }, "seed \(Self.seed + 1), \(level)")
    }

    private func rotated(_ x: [Float], _ rotation: BlockRotation) -> [Float] {
        var out = [Float](repeating: .nan, count: x.count)
        var span = out.mutableSpan
        rotation.rotate(x.span, into: &span)
        return out
    }
}
