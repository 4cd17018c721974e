import Kernels

/// How the components of the stored vectors are written.
public enum RowFormat: String, Sendable, CaseIterable {
    /// As they come: 4 bytes a component.
    case float32
    /// The upper half of a float32, rounded: 2 bytes a component, 8 significant bits and the whole range. Distances of
    /// unit-length vectors are off by some 5·10⁻⁵, which costs about 0.002 of recall@10 with sentence embeddings.
    case bfloat16
    /// IEEE half precision: 2 bytes a component, 11 significant bits, numbers up to 65,504. Distances of unit-length vectors
    /// are off by some 5·10⁻⁶: half the memory at nearly no cost. The format for embeddings in large indexes.
    case float16

    /// The largest magnitude of a component.
    public var largestComponent: Float { self == .float16 ? 65_504 : .greatestFiniteMagnitude }

    var componentBytes: Int { self == .float32 ? 4 : 2 }

    /// The kernels' name of the format.
    var component: RowComponent {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }
}
