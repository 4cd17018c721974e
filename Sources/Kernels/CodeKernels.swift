import CKernels

/// Vectors as short codes, at one SIMD level: scores by code, quantisation, encoding.
///
/// Scores, whole numbers, codes and the sums that come with them have the same bits at every level. Error bounds and
/// formulas stand in `kernels_codes.h`; `CodeReference` is the plain meaning of each function. All functions are pure and
/// may run on any number of threads.
@safe
public struct CodeKernels: Sendable {
    public let level: SIMDLevel
    let table: kernels_codes_table

    /// The kernels of `level`; scalar where the CPU lacks it. At AVX-512 a CPU without VNNI or VPOPCNTDQ runs those of
    /// AVX2.
    public init(level: SIMDLevel = .current) {
        self.level = level.isAvailable ? level : .scalar
        table = kernels_codes_at(self.level.cLevel)
    }
}
