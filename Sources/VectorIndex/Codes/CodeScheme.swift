import Kernels

/// How the vectors are written down a second time, short, for the walk over the graph.
///
/// The walk scores neighbors by their codes, which takes a cache line where the vector takes many; vectors are read when it
/// has ended, of the nearest by estimate. Results carry exact distances under every scheme; what a scheme costs is
/// recall at an equal `efSearch`, and hence a larger one for equal recall. At 384 dimensions (50,000 sentence
/// embeddings) recall 0.95 needed an `efSearch` of about 30 without codes and with eight or four bits, and 46 with one.
public enum CodeScheme: String, Sendable, CaseIterable {
    /// Chosen by the dimension: one bit from 192 on, four from 48 on, below that none.
    case automatic
    /// No codes: the walk reads the vectors.
    case none
    /// A bit a component after a random rotation (RaBitQ): 1/32 of float32.
    case oneBit
    /// Four bits a component after a random rotation: 1/8 of float32.
    case fourBit
    /// Eight bits a component after a random rotation: 1/4 of float32.
    case eightBit

    static let oneBitFromDimension = 192
    static let fourBitFromDimension = 48

    /// The scheme itself, with `automatic` decided.
    func resolved(dimension: Int) -> CodeScheme {
        guard self == .automatic else { return self }
        if dimension >= Self.oneBitFromDimension { return .oneBit }
        return dimension >= Self.fourBitFromDimension ? .fourBit : .none
    }

    /// The kernels' name of a resolved scheme; nil for `none`.
    var kind: CodeKind? {
        switch self {
        case .automatic, .none: nil
        case .oneBit: .oneBit
        case .fourBit: .fourBit
        case .eightBit: .eightBit
        }
    }
}
