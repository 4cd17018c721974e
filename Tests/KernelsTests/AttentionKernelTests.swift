import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct AttentionKernelTests {
    /// Against softmax(Q · Kᵀ · scale) · V in Double, for lengths and sizes around whole panels.
    @Test(
        .enabled(if: AttentionKernel(.float32) != nil, "this CPU attends by BLAS"),
        arguments: [AttentionKernel.Precision.float32, .bfloat16],
        [(1, 32), (2, 64), (5, 32), (14, 32), (31, 64), (32, 32), (33, 5), (33, 33), (100, 32), (255, 32), (255, 64)])
    func attention(precision: AttentionKernel.Precision, shape: (length: Int, size: Int)) {
        guard let kernel = AttentionKernel(precision) else { return }
        let (length, size) = shape
        let seed = UInt64(length * 1_000 + size)
        var generator = SeededGenerator(seed: seed)
        let stride = 3 * size + 5
        let matrix = (0..<((length + 1) * stride)).map { _ in Float.random(in: -2...2, using: &generator) }
        let scale = 1 / Float(size).squareRoot()
        // All queries but the first third.
        let first = length / 3
        let head = AttentionKernel.Head(
            queries: 2 + first * stride, queryCount: length - first, keys: 2 + size, values: 2 + 2 * size,
            stride: stride, length: length, size: size)
        let contextStride = size + 3
        var context = [Float](repeating: 7, count: head.queryCount * contextStride + 1)
        var scratch: [UInt8] = []
        var span = context.mutableSpan
        kernel.apply(
            head, of: matrix.span, scale: scale, scratch: &scratch, into: &span, start: 1, contextStride: contextStride)
        #expect(context[0] == 7)
        for query in 0..<head.queryCount {
            let scores = (0..<length).map { key in
                (0..<size).reduce(0.0) {
                    $0 + Double(matrix[head.queries + query * stride + $1])
                        * Double(matrix[head.keys + key * stride + $1])
                } * Double(scale)
            }
            let largest = scores.max() ?? 0
            let weights = scores.map { exp($0 - largest) }
            let total = weights.reduce(0, +)
            for component in 0..<size {
                var exact = 0.0, magnitude = 0.0
                for (key, weight) in weights.enumerated() {
                    let value = Double(matrix[head.values + key * stride + component])
                    exact += weight / total * value
                    magnitude += weight / total * abs(value)
                }
                // In bfloat16 scores are off by some 0.01 and weights by 2⁻⁹.
                let error = abs(Double(context[1 + query * contextStride + component]) - exact)
                let bound = precision == .bfloat16 ? 0.03 * magnitude + 1e-4 : 1e-5 * magnitude + 1e-6
                #expect(error <= bound, "seed \(seed), query \(query), component \(component)")
            }
            let gap = 1 + query * contextStride + size
            if query + 1 < head.queryCount { #expect(context[gap..<(gap + 3)].allSatisfy { $0 == 7 }) }
        }
    }

    /// Scores far apart: the largest alone counts, nothing overflows.
    @Test(
        .enabled(if: AttentionKernel(.float32) != nil, "this CPU attends by BLAS"),
        arguments: [AttentionKernel.Precision.float32, .bfloat16])
    func largeScores(precision: AttentionKernel.Precision) {
        guard let kernel = AttentionKernel(precision) else { return }
        let size = 32
        var matrix = [Float](repeating: 0, count: 3 * 3 * size)
        for token in 0..<3 {
            matrix[token * 3 * size] = 100
            matrix[token * 3 * size + size] = Float(token) * 100
            matrix[token * 3 * size + 2 * size] = Float(token)
        }
        var context = [Float](repeating: 0, count: 3 * size)
        var scratch: [UInt8] = []
        var span = context.mutableSpan
        kernel.apply(
            AttentionKernel.Head(
                queries: 0, queryCount: 3, keys: size, values: 2 * size, stride: 3 * size, length: 3, size: size),
            of: matrix.span, scale: 1, scratch: &scratch, into: &span, start: 0, contextStride: size)
        for token in 0..<3 { #expect(context[token * size] == 2) }
    }
}
