/// The plain-Swift meaning of every kernel: slow, obvious, and the oracle of their tests.
///
/// Sums run in Double, so that for any float32 input of practical size the result is exact to float32.
public enum Reference {
    /// The sum of a[i]·b[i].
    public static func dot(_ a: [Float], _ b: [Float]) -> Double {
        precondition(a.count == b.count, "dot of vectors of dimensions \(a.count) and \(b.count)")
        return zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    /// The sum of (a[i] − b[i])².
    public static func squaredL2(_ a: [Float], _ b: [Float]) -> Double {
        precondition(a.count == b.count, "squared L2 of vectors of dimensions \(a.count) and \(b.count)")
        return zip(a, b).reduce(0) { sum, pair in
            let difference = Double(pair.0) - Double(pair.1)
            return sum + difference * difference
        }
    }

    /// The L2 norm.
    public static func norm(_ a: [Float]) -> Double { dot(a, a).squareRoot() }

    /// The largest error that the contract allows a float32 `dot`: (n + 2)·2⁻²³·Σ|a[i]·b[i]| + n·2⁻¹⁴⁹.
    public static func dotErrorBound(_ a: [Float], _ b: [Float]) -> Double {
        let magnitude = zip(a, b).reduce(0) { $0 + abs(Double($1.0) * Double($1.1)) }
        return Double(a.count + 2) * 0x1p-23 * magnitude + Double(a.count) * 0x1p-149
    }

    /// The largest error that the contract allows a float32 `squaredL2`: (n + 4)·2⁻²³·exact + n·2⁻¹⁴⁹.
    public static func squaredL2ErrorBound(_ a: [Float], _ b: [Float]) -> Double {
        Double(a.count + 4) * 0x1p-23 * squaredL2(a, b) + Double(a.count) * 0x1p-149
    }

    /// CRC-32C of `bytes`, bit by bit.
    public static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        return ~crc
    }
}
