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
            _ precision: PackedWeights.Precision, _ level: SIMDLevel, input: [Float]? = nil, addsBias: Bool = true
        ) -> [Float] {
            let packed = PackedWeights(
                weight.span, bias: bias.span, inputSize: inputs, outputSize: outputs, precision: precision,
                level: level)
            let input = input ?? self.input
            var scratch = ProductScratch()
            var output = [Float](repeating: .nan, count: (rows + 1) * outputs)
            var span = output.mutableSpan
            packed.apply(
                input.span, rows: rows, addsBias: addsBias, scratch: &scratch, into: &span,
                startRow: 1)
            return Array(output[outputs...])
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

    @Test(arguments: SIMDLevel.available, [PackedWeights.Precision.int8, .bfloat16])
    func rowsOfZerosGiveTheBias(level: SIMDLevel, precision: PackedWeights.Precision) {
        var generator = SeededGenerator(seed: 1)
        let layer = Layer(rows: 2, inputs: 20, outputs: 70, using: &generator)
        let zeros = [Float](repeating: 0, count: 40)
        #expect(layer.apply(precision, level, input: zeros) == layer.bias + layer.bias)
        #expect(layer.apply(precision, level, input: zeros, addsBias: false) == Array(repeating: 0, count: 140))
    }

    /// Damaged activations must show in the result, and in their own row alone.
    @Test(
        arguments: SIMDLevel.available,
        [(PackedWeights.Precision.int8, Float.nan), (.int8, .infinity), (.bfloat16, .nan), (.bfloat16, .infinity)])
    func notFiniteRowsStayNotFinite(level: SIMDLevel, damage: (PackedWeights.Precision, Float)) {
        var generator = SeededGenerator(seed: 2)
        let layer = Layer(rows: 3, inputs: 33, outputs: 66, using: &generator)
        var input = layer.input
        input[33 + 17] = damage.1
        let found = layer.apply(damage.0, level, input: input)
        let sound = layer.apply(damage.0, level)
        #expect(found[66..<132].allSatisfy { !$0.isFinite })
        #expect(found[..<66] == sound[..<66])
        #expect(found[132...] == sound[132...])
    }

    @Test func noRowsAreNoWork() {
        let weight: [Float] = [1, 2], bias: [Float] = [3], input: [Float] = []
        let packed = PackedWeights(weight.span, bias: bias.span, inputSize: 2, outputSize: 1, precision: .int8)
        var scratch = ProductScratch()
        var output: [Float] = [7]
        var span = output.mutableSpan
        packed.apply(input.span, rows: 0, addsBias: true, scratch: &scratch, into: &span)
        #expect(output == [7])
    }
}
