import Kernels
import TestSupport
import Testing

@testable import VectorIndex

@Suite struct RotationTests {
    private func rotate(_ rotation: Rotation, _ vector: [Float]) -> [Float] {
        let input = AlignedBuffer<Float>(capacity: rotation.dimension)
        for (index, value) in vector.enumerated() { input[index] = value }
        let output = AlignedBuffer<Float>(capacity: rotation.dimension)
        let between = AlignedBuffer<Float>(capacity: rotation.dimension)
        withExtendedLifetime((input, output, between)) {
            rotation.apply(input.base, to: output.base, between: between.base)
        }
        return (0..<rotation.dimension).map { output[$0] }
    }

    @Test func paddedDimensions() {
        #expect(
            [1, 63, 64, 65, 384, 4_095, 4_096].map(Rotation.paddedDimension) == [64, 64, 64, 128, 384, 4_096, 4_096])
    }

    @Test(arguments: [1, 2, 63, 64, 65, 127, 128, 200, 384, 1_000, 2_048, 4_095, 4_096])
    func keepsInnerProductsAndNorms(dimension: Int) throws {
        let seed = UInt64(dimension)
        var data = SeededVectors(seed: seed)
        let rotation = try Rotation(dimension: dimension, seed: seed)
        let vectors = (0..<3).map { _ in data.vector(dimension) }
        let turned = vectors.map { rotate(rotation, $0) }
        for i in vectors.indices {
            for j in vectors.indices {
                let scale = Reference.norm(vectors[i]) * Reference.norm(vectors[j])
                let error = abs(Reference.dot(turned[i], turned[j]) - Reference.dot(vectors[i], vectors[j]))
                #expect(error <= 3e-6 * scale, "seed \(seed), pair \(i) \(j), error \(error) of \(scale)")
            }
        }
    }

    /// A vector with one component comes out as numbers of about the same size. At the largest dimension each of them is a
    /// single product of two normal numbers, whose tails are heavier than those of a sum of many.
    @Test(arguments: [(64, 0.72), (384, 0.62), (1_536, 0.76), (4_096, 0.84)])
    func spreadsACoordinate(dimension: Int, topShare: Double) throws {
        let rotation = try Rotation(dimension: dimension, seed: 3)
        for coordinate in [0, 1, 63, dimension / 2, dimension - 1] {
            var unit = [Float](repeating: 0, count: dimension)
            unit[coordinate] = 1
            let energies = rotate(rotation, unit).map { Double($0) * Double($0) }.sorted(by: >)
            let largest = energies[0].squareRoot() * Double(dimension).squareRoot()
            #expect(largest <= 10, "coordinate \(coordinate) of \(dimension): \(largest) times the mean size")
            // The share of the eighth part with the most energy: 1/8 for equal ones, about 0.47 for normal ones.
            let top = energies.prefix(dimension / 8).reduce(0, +)
            #expect(top <= topShare, "coordinate \(coordinate) of \(dimension): \(top) in an eighth of the components")
        }
    }

    /// Written out: out = B₂·P·B₁·in with block diagonals B and P dealing component i of block b to place i·blocks + b.
    @Test(arguments: [64, 128, 320])
    func equalsTheDenseMatrix(dimension: Int) throws {
        var data = SeededVectors(seed: 0xA1)
        let rotation = try Rotation(dimension: dimension, seed: 11)
        let size = 64
        let blocks = dimension / size
        let first = rotation.matrices.prefix(size * size).map { Double($0) }
        let second = rotation.matrices.suffix(size * size).map { Double($0) }
        let input = data.vector(dimension)
        var between = [Double](repeating: 0, count: dimension)
        for block in 0..<blocks {
            for row in 0..<size {
                between[row * blocks + block] = (0..<size).reduce(0.0) {
                    $0 + first[row * size + $1] * Double(input[block * size + $1])
                }
            }
        }
        let wanted = (0..<dimension).map { place in
            (0..<size).reduce(0.0) { $0 + second[place % size * size + $1] * between[place / size * size + $1] }
        }
        let turned = rotate(rotation, input)
        for (place, value) in turned.enumerated() {
            #expect(abs(Double(value) - wanted[place]) <= 2e-5, "component \(place)")
        }
    }

    @Test func seedAndMatricesDecide() throws {
        var data = SeededVectors(seed: 0xA2)
        let vector = data.vector(100)
        let rotation = try Rotation(dimension: 100, seed: 5)
        #expect(rotate(rotation, vector) == rotate(try Rotation(dimension: 100, seed: 5), vector))
        #expect(rotate(rotation, vector) != rotate(try Rotation(dimension: 100, seed: 6), vector))
        #expect(rotate(rotation, vector) == rotate(Rotation(dimension: 100, matrices: rotation.matrices), vector))
        #expect(rotation.matrices.prefix(4_096) != rotation.matrices.suffix(4_096))
    }

    /// One-bit estimates after this rotation are as good as after a dense rotation of the whole dimension, also for
    /// vectors that live in few components.
    @Test(arguments: [false, true])
    func oneBitErrorIsThatOfADenseRotation(isSparse: Bool) throws {
        let seed: UInt64 = isSparse ? 0xA4 : 0xA3
        var data = SeededVectors(seed: seed)
        let dimension = 128
        let rotation = try Rotation(dimension: dimension, seed: seed)
        let dense = try #require(OrthogonalMatrix.random(size: dimension, seed: seed))
        let vectors = (0..<40).map { _ in
            isSparse
                ? (0..<dimension).map { _ in Int.random(in: 0..<32, using: &data) == 0 ? data.normal() : 0 }
                : data.vector(dimension)
        }.filter { Reference.norm($0) > 0 }
        func turnedDensely(_ vector: [Float]) -> [Float] {
            (0..<dimension).map { row in
                (0..<dimension).reduce(Float(0)) { $0 + dense[row * dimension + $1] * vector[$1] }
            }
        }
        /// ⟨x, q⟩ ≈ ⟨s, q⟩·⟨x, x⟩/⟨s, x⟩ with the signs s of x; relative to ‖x‖‖q‖/√D.
        func deviation(_ turned: [[Float]]) -> Double {
            var errors: [Double] = []
            for x in turned {
                let signs = x.map { Float($0 > 0 ? 1 : -1) }
                let factor = Reference.dot(x, x) / Reference.dot(signs, x)
                for q in turned where q != x {
                    let scale = Reference.norm(x) * Reference.norm(q) / Double(dimension).squareRoot()
                    errors.append((Reference.dot(signs, q) * factor - Reference.dot(x, q)) / scale)
                }
            }
            return moments(errors).deviation
        }
        let ours = deviation(vectors.map { rotate(rotation, $0) })
        let oracle = deviation(vectors.map(turnedDensely))
        #expect(ours <= oracle * 1.05, "seed \(seed), deviation \(ours), after a dense rotation \(oracle)")
        #expect((0.6...0.85).contains(oracle), "seed \(seed), deviation \(oracle) after a dense rotation")
    }
}
