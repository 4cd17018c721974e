import COpenBLAS
import Glibc

/// Random rotations and reflections.
public enum OrthogonalMatrix {
    /// A `size` × `size` orthogonal matrix, row-major, drawn evenly from all of them (Haar measure): Q of the QR
    /// factorization of a matrix of normal numbers, each column with the sign of R's diagonal (Mezzadri, "How to generate
    /// random matrices from the classical compact groups", 2007).
    ///
    /// The same seed gives the same matrix up to rounding in the last bits, which may differ between CPUs. O(size³); nil
    /// where LAPACK reports a failure, which for finite numbers is lack of memory.
    public static func random(size: Int, seed: UInt64) -> [Float]? {
        precondition((1...4_096).contains(size), "an orthogonal matrix of size \(size)")
        MatrixMultiply.oneThread
        var normals = NormalNumbers(seed: seed)
        var matrix = (0..<(size * size)).map { _ in normals.next() }
        var tau = [Double](repeating: 0, count: size)
        let order = Int32(size)
        guard unsafe LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, order, order, &matrix, order, &tau) == 0 else { return nil }
        let signs = (0..<size).map { matrix[$0 * size + $0] < 0 ? -1.0 : 1.0 }
        guard unsafe LAPACKE_dorgqr(LAPACK_ROW_MAJOR, order, order, order, &matrix, order, &tau) == 0 else {
            return nil
        }
        return matrix.indices.map { Float(matrix[$0] * signs[$0 % size]) }
    }
}

/// Normal numbers by the polar method (Marsaglia, 1964) over SplitMix64.
private struct NormalNumbers {
    private var state: UInt64
    private var spare: Double?

    init(seed: UInt64) { state = seed }

    mutating func next() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        while true {
            let (x, y) = (uniform(), uniform())
            let s = x * x + y * y
            guard s > 0, s < 1 else { continue }
            let scale = (-2 * log(s) / s).squareRoot()
            spare = y * scale
            return x * scale
        }
    }

    /// −1 ..< 1.
    private mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        return Double(z >> 11) * 0x1p-52 - 1
    }
}
