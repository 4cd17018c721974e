import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct PackedWeightsTests {
    private struct Layer {
        let rows: Int
        let inputs: Int
        let outputs: Int
        let input: [Float]
        let weight: [Float]
        let bias: [Float]

        init(rows: Int, inputs: Int, outputs: Int, using generator: inout SeededGenerator) {
            self.rows = rows
            self.inputs = inputs
            self.outputs = outputs
            input = (0..<(rows * inputs)).map { _ in Float.random(in: -1...3, using: &generator) }
            weight = (0..<(outputs * inputs)).map { _ in Float.random(in: -0.5...0.5, using: &generator) }
            bias = (0..<outputs).map { _ in Float.random(in: -1...1, using: &generator) }
        }

        func row(_ row: Int) -> ArraySlice<Float> { input[(row * inputs)..<((row + 1) * inputs)] }
        func weights(_ output: Int) -> ArraySlice<Float> { weight[(output * inputs)..<((output + 1) * inputs)] }

        func apply(
            _ precision: PackedWeights.Precision, _ level: SIMDLevel, input: [Float]? = nil, factors: [Float]? = nil,
            activation: PackedWeights.Activation = .none
        ) -> [Float] {
            let layout = PackedLayout(inputSize: inputs, outputSize: outputs, precision: precision)
            let offset = 3 * PackedMemory.alignment
            let memory = PackedMemory(sizeBytes: offset + layout.sizeBytes)
            layout.pack(weight.span, bias: bias.span, factors: factors, into: memory, offset: offset)
            let packed = PackedWeights(
                memory: memory, offset: offset, layout: layout, activation: activation, level: level)
            let input = input ?? self.input
            var scratch = ProductScratch()
            var output = [Float](repeating: .nan, count: rows * outputs)
            var span = output.mutableSpan
            packed.apply(input.span, rows: rows, scratch: &scratch, into: &span)
            return output
        }

        func exact(_ row: Int, _ output: Int) -> Double {
            zip(self.row(row), weights(output)).reduce(Double(bias[output])) { $0 + Double($1.0) * Double($1.1) }
        }
    }

    /// Rows and columns below, at and above whole tiles, inputs that are no whole groups.
    private static let shapes = [
        (1, 1, 1), (1, 64, 64), (3, 5, 7), (6, 384, 64), (7, 30, 70), (13, 77, 130), (12, 128, 192), (29, 66, 65),
    ]

    /// Each input is off by half a step of its row, each weight by half a step of its output.
    @Test(arguments: SIMDLevel.available)
    func bytesAreOffByHalfStepsAtMost(level: SIMDLevel) {
        let seed: UInt64 = 0xB17E
        var generator = SeededGenerator(seed: seed)
        for (rows, inputs, outputs) in Self.shapes {
            let layer = Layer(rows: rows, inputs: inputs, outputs: outputs, using: &generator)
            let found = layer.apply(.int8, level)
            for row in 0..<rows {
                let range = max(layer.row(row).max() ?? 0, 0) - min(layer.row(row).min() ?? 0, 0)
                let inputStep = Double(range) / 255
                for output in 0..<outputs {
                    let weights = layer.weights(output)
                    let weightStep = Double(weights.map(\.magnitude).max() ?? 0) / 127
                    let bound =
                        inputStep / 2 * weights.reduce(0) { $0 + Double($1.magnitude) } * 2.01
                        + weightStep / 2 * layer.row(row).reduce(0) { $0 + Double($1.magnitude) + inputStep } * 1.01
                    let error = abs(Double(found[row * outputs + output]) - layer.exact(row, output))
                    #expect(error <= bound + 1e-5, "seed \(seed), \(rows)×\(inputs)×\(outputs), \(row), \(output)")
                }
            }
        }
    }

    /// The sums are whole numbers: levels differ in the rounding of the last product alone.
    @Test(arguments: SIMDLevel.available)
    func bytesAreTheSameAtEveryLevel(level: SIMDLevel) {
        let seed: UInt64 = 0xB17F
        var generator = SeededGenerator(seed: seed)
        for (rows, inputs, outputs) in Self.shapes {
            let layer = Layer(rows: rows, inputs: inputs, outputs: outputs, using: &generator)
            for (a, b) in zip(layer.apply(.int8, level), layer.apply(.int8, .scalar)) {
                #expect((a - b).magnitude <= 1e-6 * (1 + b.magnitude), "seed \(seed), \(rows)×\(inputs)×\(outputs)")
            }
        }
    }

    /// Each factor is off by 2⁻⁹ of itself.
    @Test(arguments: SIMDLevel.available)
    func bfloat16KeepsEightBits(level: SIMDLevel) {
        let seed: UInt64 = 0xBF16
        var generator = SeededGenerator(seed: seed)
        for (rows, inputs, outputs) in Self.shapes {
            let layer = Layer(rows: rows, inputs: inputs, outputs: outputs, using: &generator)
            let found = layer.apply(.bfloat16, level)
            for row in 0..<rows {
                for output in 0..<outputs {
                    let sum = zip(layer.row(row), layer.weights(output)).reduce(0.0) {
                        $0 + Double(($1.0 * $1.1).magnitude)
                    }
                    let error = abs(Double(found[row * outputs + output]) - layer.exact(row, output))
                    #expect(error <= sum / 255 + 1e-5, "seed \(seed), \(rows)×\(inputs)×\(outputs), \(row), \(output)")
                }
            }
        }
    }

    /// Sums of k products, each rounded once, in order.
    @Test(arguments: SIMDLevel.available)
    func float32IsExactButForRounding(level: SIMDLevel) {
        let seed: UInt64 = 0xF32
        var generator = SeededGenerator(seed: seed)
        for (rows, inputs, outputs) in Self.shapes {
            let layer = Layer(rows: rows, inputs: inputs, outputs: outputs, using: &generator)
            let found = layer.apply(.float32, level)
            for row in 0..<rows {
                for output in 0..<outputs {
                    let sum = zip(layer.row(row), layer.weights(output)).reduce(0.0) {
                        $0 + Double(($1.0 * $1.1).magnitude)
                    }
                    let error = abs(Double(found[row * outputs + output]) - layer.exact(row, output))
                    let bound = Double(inputs + 2) * (sum + 1) * 6e-8
                    #expect(error <= bound, "seed \(seed), \(rows)×\(inputs)×\(outputs), \(row), \(output)")
                }
            }
        }
    }

    /// Against x · Φ(x) of what the same layer gives without it.
    @Test(arguments: SIMDLevel.available, [PackedWeights.Precision.int8, .bfloat16, .float32])
    func geluFollowsTheProduct(level: SIMDLevel, precision: PackedWeights.Precision) {
        let seed: UInt64 = 0x6E1
        var generator = SeededGenerator(seed: seed)
        for (rows, inputs, outputs) in Self.shapes {
            let layer = Layer(rows: rows, inputs: inputs, outputs: outputs, using: &generator)
            let plain = layer.apply(precision, level)
            let activated = layer.apply(precision, level, activation: .gelu)
            for (x, y) in zip(plain, activated) {
                let exact = Double(x) / 2 * (1 + erf(Double(x) / 2.0.squareRoot()))
                let bound = (precision == .float32 ? 1e-6 : 1e-4) * (1 + abs(Double(x)) / 10)
                #expect(abs(Double(y) - exact) <= bound, "seed \(seed), gelu(\(x)) = \(y)")
            }
        }
    }

    /// Inputs of wide range, evened out: the error of bytes falls, the product stays.
    @Test(arguments: SIMDLevel.available)
    func factorsMoveTheRangeToTheWeights(level: SIMDLevel) {
        var generator = SeededGenerator(seed: 3)
        let even = Layer(rows: 5, inputs: 64, outputs: 70, using: &generator)
        // The first input is 50 times the others.
        var input = even.input
        for row in 0..<5 { input[row * 64] *= 50 }
        func error(_ factors: [Float]?) -> Double {
            let found = even.apply(.int8, level, input: input, factors: factors)
            var worst = 0.0
            for row in 0..<5 {
                for output in 0..<70 {
                    var exact = Double(even.bias[output])
                    for (x, w) in zip(input[(row * 64)..<((row + 1) * 64)], even.weights(output)) {
                        exact += Double(x) * Double(w)
                    }
                    worst = max(worst, abs(Double(found[row * 70 + output]) - exact))
                }
            }
            return worst
        }
        // Moved altogether, the range would coarsen the steps of the weights as much; its root is the best of both.
        let balanced = (0..<64).map { $0 == 0 ? 1 / Float(50).squareRoot() : 1 }
        #expect(error(balanced) < 0.5 * error(nil))
    }

    @Test(arguments: SIMDLevel.available, [PackedWeights.Precision.int8, .bfloat16, .float32])
    func rowsOfZerosGiveTheBias(level: SIMDLevel, precision: PackedWeights.Precision) {
        var generator = SeededGenerator(seed: 1)
        let layer = Layer(rows: 2, inputs: 20, outputs: 70, using: &generator)
        let zeros = [Float](repeating: 0, count: 40)
        #expect(layer.apply(precision, level, input: zeros) == layer.bias + layer.bias)
    }

    /// Damaged activations must show in the result, and in their own row alone.
    @Test(
        arguments: SIMDLevel.available,
        [
            (PackedWeights.Precision.int8, Float.nan), (.int8, .infinity), (.bfloat16, .nan), (.bfloat16, .infinity),
            (.float32, .nan), (.float32, .infinity),
        ])
    func notFiniteRowsStayNotFinite(level: SIMDLevel, damage: (PackedWeights.Precision, Float)) {
        var generator = SeededGenerator(seed: 2)
        let layer = Layer(rows: 3, inputs: 33, outputs: 66, using: &generator)
        var input = layer.input
        input[33 + 17] = damage.1
        let found = layer.apply(damage.0, level, input: input)
        let sound = layer.apply(damage.0, level)
        #expect(found[66..<132].allSatisfy { !$0.isFinite })
        let activated = layer.apply(damage.0, level, input: input, activation: .gelu)
        // GELU of minus infinity is 0, or NaN as 0 times infinity.
        #expect(zip(activated, found).dropFirst(66).prefix(66).allSatisfy { !$0.isFinite || $1 == -.infinity })
        #expect(found[..<66] == sound[..<66])
        #expect(found[132...] == sound[132...])
    }

    /// Ranges whose steps have no finite inverse count as 0.
    @Test(arguments: SIMDLevel.available)
    func tiniestNumbersAreZeros(level: SIMDLevel) {
        var generator = SeededGenerator(seed: 4)
        let layer = Layer(rows: 2, inputs: 20, outputs: 66, using: &generator)
        let subnormal = Float.leastNormalMagnitude / 128
        let tiny = (0..<40).map { $0 % 2 == 0 ? subnormal : -subnormal }
        #expect(layer.apply(.int8, level, input: tiny) == layer.bias + layer.bias)
        let layout = PackedLayout(inputSize: 20, outputSize: 1, precision: .int8)
        let memory = PackedMemory(sizeBytes: layout.sizeBytes)
        let bias: [Float] = [3]
        layout.pack(Array(tiny.prefix(20)).span, bias: bias.span, into: memory)
        var scratch = ProductScratch()
        var output: [Float] = [7, 7]
        var span = output.mutableSpan
        PackedWeights(memory: memory, layout: layout, level: level).apply(
            layer.input.span, rows: 2, scratch: &scratch, into: &span)
        #expect(output.allSatisfy { ($0 - 3).magnitude < 1e-6 })
    }

    @Test func noRowsAreNoWork() {
        let weight: [Float] = [1, 2], bias: [Float] = [3], input: [Float] = []
        let layout = PackedLayout(inputSize: 2, outputSize: 1, precision: .int8)
        let memory = PackedMemory(sizeBytes: layout.sizeBytes)
        layout.pack(weight.span, bias: bias.span, into: memory)
        var scratch = ProductScratch()
        var output: [Float] = [7]
        var span = output.mutableSpan
        PackedWeights(memory: memory, layout: layout).apply(input.span, rows: 0, scratch: &scratch, into: &span)
        #expect(output == [7])
    }
}
