/// The plain-Swift meaning of the code kernels: slow, obvious, and the oracle of their tests.
///
/// Whole numbers and codes are exact; scores round after each operation as the contract says; sums run in Double.
public enum CodeReference {
    // MARK: Order of components inside a code

    /// The unsigned components of a code, in the order of the vector.
    public static func components(_ code: [UInt8], layout: CodeLayout) -> [Int] {
        precondition(code.count >= layout.codeBytes, "\(code.count) bytes hold no code of \(layout.codeBytes)")
        return (0..<layout.dimension).map { j in
            switch layout.kind {
            case .oneBit: return Int(code[j / 8] >> UInt8(j % 8)) & 1
            case .fourBit:
                let (byte, isHigh) = fourBitPlace(j, dimension: layout.dimension)
                return isHigh ? Int(code[byte] >> 4) : Int(code[byte] & 15)
            case .eightBit: return Int(code[j])
            }
        }
    }

    /// The code whose components, in the order of the vector, are `components`.
    public static func code(_ components: [Int], layout: CodeLayout) -> [UInt8] {
        precondition(components.count == layout.dimension, "\(components.count) components for \(layout.dimension)")
        var code = [UInt8](repeating: 0, count: layout.codeBytes)
        for (j, component) in components.enumerated() {
            switch layout.kind {
            case .oneBit: code[j / 8] |= UInt8(component) << UInt8(j % 8)
            case .fourBit:
                let (byte, isHigh) = fourBitPlace(j, dimension: layout.dimension)
                code[byte] |= UInt8(component) << (isHigh ? 4 : 0)
            case .eightBit: code[j] = UInt8(component)
            }
        }
        return code
    }

    private static func fourBitPlace(_ j: Int, dimension: Int) -> (byte: Int, isHigh: Bool) {
        let group = j / 128, within = j % 128
        let half = dimension - 128 * group >= 128 ? 64 : 32
        return (64 * group + within % half, within >= half)
    }

    // MARK: Scores

    /// I of a one-bit code: the sum of u[j] over the set bits j, where bit b of u[j] is bit j of plane b.
    public static func wholeNumber(_ code: [UInt8], planes: [UInt64], layout: CodeLayout) -> Int {
        let bits = components(code, layout: layout)
        return (0..<layout.dimension).reduce(0) { sum, j in
            let u = (0..<4).reduce(0) { u, b in
                u | Int(planes[b * layout.wordsPerPlane + j / 64] >> UInt64(j % 64) & 1) << b
            }
            return sum + bits[j] * u
        }
    }

    /// I of a four-bit or eight-bit code: the sum of u[j] · values[j].
    public static func wholeNumber(_ code: [UInt8], values: [Int8], layout: CodeLayout) -> Int {
        zip(components(code, layout: layout), values).reduce(0) { $0 + $1.0 * Int($1.1) }
    }

    /// The score of a record with the whole number `whole`, in Float and in the order of the contract.
    public static func score(_ whole: Int, terms: CodeTerms, trailer: CodeTrailer) -> Float {
        let inner = (terms.alpha * Float(whole) + terms.beta * Float(trailer.population)) + terms.gamma
        return (terms.constant + trailer.bias) + trailer.scale * inner
    }

    // MARK: Quantisation

    /// x · inverseScale to the nearest whole number, ties to even, in low…high; NaN gives low.
    public static func nearest(_ x: Float, inverseScale: Float, low: Float, high: Float) -> Int {
        let scaled = x * inverseScale
        guard scaled > low else { return Int(low) }
        return Int(min(scaled, high).rounded(.toNearestOrEven))
    }

    /// ⌊x · inverseScale + 8⌋ in 0…15; NaN gives 0.
    public static func fourBits(_ x: Float, inverseScale: Float) -> Int {
        let scaled = x * inverseScale
        let shifted = scaled + 8
        guard shifted > 0 else { return 0 }
        return Int(min(shifted, 15).rounded(.down))
    }

    /// The largest error of a sum in sixteen lanes: (n / 16 + 6) · 2⁻²⁴ · the sum of the magnitudes + n · 2⁻¹⁴⁹.
    public static func sumErrorBound(_ terms: [Double]) -> Double {
        Double(terms.count / 16 + 6) * 0x1p-24 * terms.reduce(0) { $0 + abs($1) } + Double(terms.count) * 0x1p-149
    }

    /// The nearest bfloat16, ties to even; NaN gives a quiet NaN of the same sign.
    public static func bfloat16(_ x: Float) -> UInt16 {
        let bits = x.bitPattern
        if x.isNaN { return UInt16(bits >> 16) | 0x40 }
        let below = UInt16(bits >> 16), remainder = bits & 0xFFFF
        if remainder > 0x8000 || (remainder == 0x8000 && below & 1 == 1) { return below + 1 }
        return below
    }

    /// A bfloat16 as float32, exact.
    public static func widened(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// The nearest float16, ties to even; NaN gives a quiet NaN of the same sign and leading bits.
    public static func float16(_ x: Float) -> UInt16 {
        let sign: UInt16 = x.sign == .minus ? 0x8000 : 0
        if x.isNaN { return sign | 0x7E00 | UInt16(x.bitPattern >> 13 & 0x3FF) }
        guard x.magnitude < 65_536 else { return sign | 0x7C00 }
        guard x != 0 else { return sign }
        let exponent = max(Int(x.exponent), -14)
        // Counted in units of the last place, at most 2,048: a subnormal stays below 1,024, a carry goes one exponent up.
        let units = (Double(x.magnitude) / Double(sign: .plus, exponent: exponent - 10, significand: 1))
            .rounded(.toNearestOrEven)
        return sign | UInt16((exponent + 14) * 1_024 + Int(units))
    }

    /// A float16 as float32, exact; NaN becomes quiet.
    public static func widenedFloat16(_ bits: UInt16) -> Float {
        let sign: FloatingPointSign = bits & 0x8000 == 0 ? .plus : .minus
        let exponent = Int(bits >> 10 & 31), fraction = bits & 0x3FF
        if exponent == 31 {
            let quiet: UInt32 = fraction == 0 ? 0 : 0x40_0000
            return Float(bitPattern: UInt32(bits & 0x8000) << 16 | 0x7F80_0000 | quiet | UInt32(fraction) << 13)
        }
        let units = Float(exponent == 0 ? fraction : fraction + 1_024)
        return Float(sign: sign, exponent: max(exponent, 1) - 25, significand: units)
    }

    /// Q times each block of 64 floats; `matrix` is row-major.
    public static func rotated(_ x: [Float], matrix: [Float]) -> [Double] {
        x.indices.map { index in
            let block = index / 64 * 64, row = index % 64 * 64
            return (0..<64).reduce(0) { $0 + Double(matrix[row + $1]) * Double(x[block + $1]) }
        }
    }
}
