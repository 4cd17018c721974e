import CKernels

/// An instruction set that kernels are written for.
///
/// The best one of this CPU is found once per process. Results of different levels differ in rounding only.
public enum SIMDLevel: Sendable, CaseIterable, CustomStringConvertible {
    case scalar
    /// AVX2 with FMA and F16C.
    case avx2
    /// AVX-512 F, BW, DQ and VL.
    case avx512
    /// Advanced SIMD of 64-bit ARM.
    case neon

    /// The best level of this CPU.
    public static var best: SIMDLevel { SIMDLevel(ck_level_best()) }

    /// The level that newly made kernels use: the best one, unless another was forced.
    public static var current: SIMDLevel { SIMDLevel(ck_level_current()) }

    /// The levels that this CPU can run, scalar first.
    public static var available: [SIMDLevel] { allCases.filter(\.isAvailable) }

    /// Whether this CPU, under this operating system, can run the level.
    public var isAvailable: Bool { ck_level_is_available(cLevel) }

    /// Makes `level` the current one of the whole process, for tests and comparisons; returns false, changing nothing,
    /// where the CPU lacks it. Kernels made before keep their level.
    @discardableResult
    public static func force(_ level: SIMDLevel) -> Bool { ck_level_force(level.cLevel) }

    public var description: String {
        switch self {
        case .scalar: "scalar"
        case .avx2: "AVX2"
        case .avx512: "AVX-512"
        case .neon: "NEON"
        }
    }

    init(_ level: ck_level) {
        switch level {
        case CK_LEVEL_AVX2: self = .avx2
        case CK_LEVEL_AVX512: self = .avx512
        case CK_LEVEL_NEON: self = .neon
        default: self = .scalar
        }
    }

    var cLevel: ck_level {
        switch self {
        case .scalar: CK_LEVEL_SCALAR
        case .avx2: CK_LEVEL_AVX2
        case .avx512: CK_LEVEL_AVX512
        case .neon: CK_LEVEL_NEON
        }
    }
}
