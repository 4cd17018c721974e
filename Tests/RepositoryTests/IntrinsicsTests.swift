import Testing

/// Vector instructions by name stay in Sources/CKernels, where every one has its portable twin beside it.
enum Intrinsics {
    private static let home = "Sources/CKernels/"

    static func violations(in file: TextFile) -> [Violation] {
        if file.path.hasPrefix(home) { return [] }
        let pattern =
            #/\b(?:immintrin|[exnwtp]mmintrin|x86intrin|arm_neon|arm_sve)\b|\b_mm(?:256|512)?_\w+|\b__m(?:64|128|256|512)[id]?\b|\b__builtin_ia32_\w+|\bv(?:ld|st|dot|fma|add|mul)\d?q?_\w*(?:f32|s8|s32)\b|_Builtin_intrinsics/#
        return file.lines.compactMap { number, line in
            guard let match = line.firstMatch(of: pattern.wordBoundaryKind(.simple)) else { return nil }
            return Violation(path: file.path, line: number, message: "\(match.output) belongs in \(home)")
        }
    }
}

@Suite("Intrinsics")
struct IntrinsicsTests {
    @Test func onlyCKernelsHasThem() {
        let files = Repository.files(under: "Sources", extensions: ["swift", "c", "h", "cpp", "cc", "S", "modulemap"])
        let found = files.flatMap(Intrinsics.violations)
        #expect(found.isEmpty, "\(report(found))")
    }

    @Test(arguments: [
        "#include <immintrin.h>", "__m256 sum;", "_mm512_fmadd_ps(a, b, c)",
        "import _Builtin_intrinsics.intel.immintrin",
        "float32x4_t a = vld1q_f32(p);", "__builtin_ia32_pause();", "#include <arm_neon.h>",
    ])
    func plantedIntrinsicIsFound(line: String) {
        #expect(Intrinsics.violations(in: TextFile(path: "Sources/Kernels/A.swift", text: line)).count == 1, "\(line)")
        #expect(Intrinsics.violations(in: TextFile(path: "Sources/CKernels/dot.c", text: line)) == [])
    }

    @Test func ordinaryCodePasses() {
        let text = "let sum = dot(a, b)\n#include <stdint.h>\nlet comm_port = 1\nlet vst = 2"
        #expect(Intrinsics.violations(in: TextFile(path: "Sources/Kernels/A.swift", text: text)) == [])
    }
}
