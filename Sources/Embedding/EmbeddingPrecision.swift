/// In how many bits the encoder multiplies.
///
/// Texts embedded in different precisions may be compared; how near their vectors are is in Benchmarks/RESULTS.md.
public enum EmbeddingPrecision: String, Sendable, CaseIterable {
    /// Products through OpenBLAS: the reference.
    case float32
    /// Weights, inputs and attention rounded to bfloat16, sums in float32.
    case bfloat16
    /// Weights and inputs of the linear layers as 8-bit whole numbers, attention in bfloat16.
    case int8
}
