import Kernels
import Testing

@Suite struct OrthogonalMatrixTests {
    @Test(arguments: [1, 2, 3, 17, 64, 96])
    func rowsAndColumnsAreOrthonormal(size: Int) throws {
        let matrix = try #require(OrthogonalMatrix.random(size: size, seed: UInt64(size)))
        #expect(matrix.count == size * size)
        // Each entry is rounded once to float32, and the factorization itself runs in float64.
        let bound = 4e-7
        var worst = 0.0
        for i in 0..<size {
            for j in 0..<size {
                let columns = (0..<size).reduce(0.0) {
                    $0 + Double(matrix[$1 * size + i]) * Double(matrix[$1 * size + j])
                }
                let rows = (0..<size).reduce(0.0) { $0 + Double(matrix[i * size + $1]) * Double(matrix[j * size + $1]) }
                let wanted = i == j ? 1.0 : 0.0
                worst = max(worst, abs(columns - wanted), abs(rows - wanted))
            }
        }
        #expect(worst <= bound, "size \(size), largest deviation from the identity \(worst)")
    }

    @Test func seedDecides() throws {
        let first = try #require(OrthogonalMatrix.random(size: 16, seed: 7))
        #expect(first == OrthogonalMatrix.random(size: 16, seed: 7))
        #expect(first != OrthogonalMatrix.random(size: 16, seed: 8))
        // Neighboring seeds give unrelated matrices: the inner product of two is about normal with variance 1.
        let other = try #require(OrthogonalMatrix.random(size: 16, seed: 8))
        let product = zip(first, other).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product) < 6)
    }

    /// Of a matrix drawn evenly every entry has mean 0 and variance 1/n, and the trace mean 0 and variance 1. Without the
    /// signs of R's diagonal the trace would be off by far.
    @Test func firstMoments() throws {
        let size = 8
        let draws = 600
        var sums = [Double](repeating: 0, count: size * size)
        var squares = sums
        var traces = (sum: 0.0, squares: 0.0)
        var determinants: Set<Bool> = []
        for seed in 0..<UInt64(draws) {
            let matrix = try #require(OrthogonalMatrix.random(size: size, seed: seed &* 1_000))
            for index in matrix.indices {
                sums[index] += Double(matrix[index])
                squares[index] += Double(matrix[index]) * Double(matrix[index])
            }
            let trace = (0..<size).reduce(0.0) { $0 + Double(matrix[$1 * size + $1]) }
            traces.sum += trace
            traces.squares += trace * trace
            determinants.insert(determinant(matrix.map(Double.init), size: size) > 0)
        }
        let count = Double(draws)
        // Six standard errors of the mean of numbers with variance 1/8, and of their squares.
        for index in sums.indices {
            #expect(abs(sums[index] / count) < 6 * (1 / Double(size) / count).squareRoot(), "entry \(index)")
            #expect(abs(squares[index] / count - 1 / Double(size)) < 0.04, "entry \(index)")
        }
        #expect(abs(traces.sum / count) < 6 / count.squareRoot())
        #expect(abs(traces.squares / count - 1) < 0.4)
        #expect(determinants.count == 2, "rotations as well as reflections")
    }

    private func determinant(_ matrix: [Double], size: Int) -> Double {
        var rows = matrix
        var product = 1.0
        for column in 0..<size {
            guard
                let pivot = (column..<size).max(by: { abs(rows[$0 * size + column]) < abs(rows[$1 * size + column]) })
            else { return 0 }
            if pivot != column {
                for k in 0..<size { rows.swapAt(pivot * size + k, column * size + k) }
                product = -product
            }
            let head = rows[column * size + column]
            product *= head
            for row in (column + 1)..<max(size, column + 1) {
                let factor = rows[row * size + column] / head
                for k in column..<size { rows[row * size + k] -= factor * rows[column * size + k] }
            }
        }
        return product
    }
}
