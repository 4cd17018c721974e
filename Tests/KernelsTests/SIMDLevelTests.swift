import Kernels
import Testing

/// Serialized, and put back at the end: the level in use belongs to the whole process.
@Suite(.serialized) struct SIMDLevelTests {
    @Test func scalarIsAlwaysThere() {
        #expect(SIMDLevel.available.first == .scalar)
        #expect(SIMDLevel.best.isAvailable)
        #expect(SIMDLevel.available.contains(.best))
    }

    @Test func forcing() {
        let before = SIMDLevel.current
        defer { SIMDLevel.force(before) }
        for level in SIMDLevel.allCases {
            let current = SIMDLevel.current
            #expect(SIMDLevel.force(level) == level.isAvailable)
            #expect(SIMDLevel.current == (level.isAvailable ? level : current))
            #expect(Distances().level == SIMDLevel.current)
            #expect(CodeKernels().level == SIMDLevel.current)
        }
    }

    @Test func aMissingLevelFallsBackToScalar() {
        for level in SIMDLevel.allCases where !level.isAvailable {
            #expect(Distances(level: level).level == .scalar)
            #expect(CodeKernels(level: level).level == .scalar)
        }
        #expect(SIMDLevel.available.count < SIMDLevel.allCases.count, "no CPU is both x86-64 and ARM")
    }

    @Test func names() {
        #expect(SIMDLevel.allCases.map(\.description) == ["scalar", "AVX2", "AVX-512", "NEON"])
    }
}
