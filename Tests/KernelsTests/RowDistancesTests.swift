import Kernels
import TestSupport
import Testing

/// Every level that this CPU has and every kind of component against the plain-Swift meaning.
@Suite struct RowDistancesTests {
    static let seed: UInt64 = 0xF16
    static let lengths = Array(0...70) + [95, 96, 127, 128, 129, 383, 384, 385, 768, 4_095, 4_096]

    @Test(arguments: SIMDLevel.available, RowComponent.allCases)
    func distancesAreThoseOfTheWidenedRows(level: SIMDLevel, component: RowComponent) {
        let dot = RowDistances(.dot, component, level: level), l2 = RowDistances(.squaredL2, component, level: level)
        var generator = SeededGenerator(seed: Self.seed)
        for length in Self.lengths {
            // Starting anywhere in a longer array makes every misalignment.
            let i = Int.random(in: 0...16, using: &generator), j = Int.random(in: 0...16, using: &generator)
            let query = generator.floats(length + 16)
            let a = RowFixture(generator.floats(length + 16), component)
            let b = RowFixture(generator.floats(length + 16), component)
            let x = Array(query[i..<(i + length)])
            let y = Array(b.values[j..<(j + length)]), z = Array(a.values[i..<(i + length)])
            let place: Comment = "seed \(Self.seed), \(level), \(component), length \(length), starts \(i) and \(j)"
            query.withUnsafeBufferPointer { query in
                guard let q = query.baseAddress.map({ $0 + i }) else { return }
                b.withRow(j) { row in
                    let single = Double(dot.unchecked(query: q, row: row, count: length))
                    #expect(abs(single - Reference.dot(x, y)) <= Reference.dotErrorBound(x, y), place)
                    let distance = Double(l2.unchecked(query: q, row: row, count: length))
                    #expect(abs(distance - Reference.squaredL2(x, y)) <= Reference.squaredL2ErrorBound(x, y), place)
                    a.withRow(i) { other in
                        let single = Double(dot.unchecked(other, row, count: length))
                        #expect(abs(single - Reference.dot(z, y)) <= Reference.dotErrorBound(z, y), place)
                        let distance = Double(l2.unchecked(other, row, count: length))
                        #expect(abs(distance - Reference.squaredL2(z, y)) <= Reference.squaredL2ErrorBound(z, y), place)
                    }
                }
            }
        }
    }

    @Test(arguments: SIMDLevel.available, RowComponent.allCases)
    func gathersGiveTheBitsOfPairs(level: SIMDLevel, component: RowComponent) {
        var generator = SeededGenerator(seed: Self.seed + 1)
        let rowCount = 40
        for measure in RowDistances.Measure.allCases {
            let kernel = RowDistances(measure, component, level: level)
            for length in [1, 16, 19, 384] {
                let stride = length + 3
                let query = generator.floats(length)
                let rows = RowFixture(generator.floats(rowCount * stride), component)
                for count in [0, 1, 4, 5, 31] {
                    let slots = (0..<count).map { _ in UInt32.random(in: 0..<UInt32(rowCount), using: &generator) }
                    var out = [Float](repeating: .nan, count: count)
                    rows.withRow { base in
                        kernel.uncheckedGather(
                            query: query, base: base, slots: slots, count: count, stride: stride, dimension: length,
                            into: &out)
                    }
                    let pairs = slots.map { slot in
                        rows.withRow(Int(slot) * stride) { kernel.unchecked(query: query, row: $0, count: length) }
                    }
                    #expect(
                        out == pairs,
                        "seed \(Self.seed + 1), \(level), \(component), \(measure), length \(length), \(count) rows")
                }
            }
        }
    }

    @Test(arguments: SIMDLevel.available)
    func subnormalRowsOfFloat16KeepTheirValues(level: SIMDLevel) {
        let dot = RowDistances(.dot, .float16, level: level)
        for length in [1, 5, 16, 64, 70] {
            // 2⁻²⁴ times 2²⁴ is 1, exactly.
            let row = [UInt16](repeating: 1, count: length), query = [Float](repeating: 0x1p24, count: length)
            #expect(dot.unchecked(query: query, row: row, count: length) == Float(length))
            #expect(dot.unchecked(row, row, count: length) == Float(length) * 0x1p-48)
        }
    }

    @Test(arguments: SIMDLevel.available, RowComponent.allCases)
    func extremesFollowIEEE754(level: SIMDLevel, component: RowComponent) {
        let dot = RowDistances(.dot, component, level: level), l2 = RowDistances(.squaredL2, component, level: level)
        for length in [1, 5, 16, 64, 70] {
            let query = [Float](repeating: 1, count: length)
            let ones = RowFixture(query, component)
            let infinite = RowFixture(query.dropLast() + [.infinity], component)
            let notANumber = RowFixture(query.dropLast() + [.nan], component)
            ones.withRow { ones in
                #expect(dot.unchecked(query: query, row: ones, count: length) == Float(length))
                #expect(l2.unchecked(query: query, row: ones, count: length) == 0)
                infinite.withRow { row in
                    #expect(dot.unchecked(query: query, row: row, count: length) == .infinity)
                    #expect(l2.unchecked(ones, row, count: length) == .infinity)
                }
                notANumber.withRow { row in
                    #expect(dot.unchecked(ones, row, count: length).isNaN)
                    #expect(l2.unchecked(query: query, row: row, count: length).isNaN)
                }
            }
        }
    }

    @Test func float32RowsAreCopies() {
        let kernel = RowDistances(.dot, .float32)
        let x: [Float] = [1, -0.0, .infinity, .leastNonzeroMagnitude, 0.1]
        var row = [Float](repeating: 7, count: 6), back = row
        kernel.uncheckedNarrow(x, into: &row, count: 5)
        kernel.uncheckedWiden(row, into: &back, count: 5)
        #expect(row.map(\.bitPattern) == (x + [7]).map(\.bitPattern) && back.map(\.bitPattern) == row.map(\.bitPattern))
    }
}
