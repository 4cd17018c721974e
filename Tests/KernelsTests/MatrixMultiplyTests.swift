import Kernels
import Testing

@Suite struct MatrixMultiplyTests {
    @Test func aHandWorkedProduct() {
        let a: [Float] = [1, 2, 3, 4, 5, 6]  // 2 × 3
        let b: [Float] = [1, 0, 1, 0, 1, 0]  // 2 × 3, transposed
        var c = [Float](repeating: -1, count: 4)
        var span = c.mutableSpan
        MatrixMultiply.timesTransposed(
            a.span, strideA: 3, b.span, strideB: 3, bias: [10, 20].span, into: &span, strideC: 2, m: 2, n: 2, k: 3)
        #expect(c == [14, 22, 20, 25])
    }

    @Test func stridesAndStartsPickBlocksOfWiderMatrices() {
        // A is the middle column pair of 2 × 4, B the right one; C lands inside a 3 × 4 frame.
        let a: [Float] = [0, 1, 2, 0, 0, 3, 4, 0]
        let b: [Float] = [0, 0, 5, 6, 0, 0, 7, 8]
        var c = [Float](repeating: -1, count: 12)
        var span = c.mutableSpan
        MatrixMultiply.timesTransposed(
            a.span.extracting(1..<8), strideA: 4, b.span.extracting(2..<8), strideB: 4, into: &span, startC: 5,
            strideC: 4, m: 2, n: 2, k: 2, alpha: 2)
        #expect(c == [-1, -1, -1, -1, -1, 34, 46, -1, -1, 78, 106, -1])

        var d = [Float](repeating: -1, count: 12)
        var other = d.mutableSpan
        MatrixMultiply.times(
            a.span.extracting(1..<8), strideA: 4, b.span.extracting(2..<8), strideB: 4, into: &other, startC: 5,
            strideC: 4, m: 2, n: 2, k: 2)
        #expect(d == [-1, -1, -1, -1, -1, 19, 22, -1, -1, 43, 50, -1])
    }

    @Test(arguments: [(1, 1, 1), (5, 3, 7), (17, 33, 20), (64, 48, 96)])
    func equalsTheReference(m: Int, n: Int, k: Int) {
        let a = (0..<(m * k)).map { Float(($0 * 7919 + 13) % 101) / 50 - 1 }
        let b = (0..<(n * k)).map { Float(($0 * 104_729 + 5) % 97) / 48 - 1 }
        let bias = (0..<n).map { Float($0) / 10 }
        var c = [Float](repeating: 0, count: m * n)
        var span = c.mutableSpan
        MatrixMultiply.timesTransposed(
            a.span, strideA: k, b.span, strideB: k, bias: bias.span, into: &span, strideC: n, m: m, n: n, k: k,
            alpha: 0.5)
        let expected = RowReference.timesTransposed(a, b, bias: bias, m: m, n: n, k: k, alpha: 0.5)
        for i in c.indices { #expect(abs(c[i] - expected[i]) < 1e-4, "element \(i) of \(m) × \(n) over \(k)") }
    }

    @Test func noRowsIsNoWork() {
        var c: [Float] = [3]
        var span = c.mutableSpan
        MatrixMultiply.timesTransposed(
            [Float]().span, strideA: 2, [1, 2].span, strideB: 2, into: &span, strideC: 1, m: 0, n: 1, k: 2)
        #expect(c == [3])
    }
}
