import Kernels

/// In how many bits the encoder multiplies.
///
/// Texts embedded in different precisions may be compared; how near their vectors are is in Benchmarks/RESULTS.md.
public enum EmbeddingPrecision: String, Sendable, CaseIterable {
    /// As the model was trained.
    case float32
    /// Weights, inputs and attention rounded to bfloat16, sums in float32. Faster than float32 only where the CPU multiplies
    /// bfloat16; elsewhere attention is in float32.
    case bfloat16
    /// Weights and inputs of the linear layers as 8-bit whole numbers, attention as for bfloat16.
    case int8

    /// What is used unless another is asked for: the fastest on this CPU of those whose answers are as good as float32's
    /// (Benchmarks/RESULTS.md): int8 where the CPU has AVX2 alone or AVX-512 with VNNI, else float32.
    public static let standard: EmbeddingPrecision = PackedWeights.bytesAreFastest() ? .int8 : .float32
}
