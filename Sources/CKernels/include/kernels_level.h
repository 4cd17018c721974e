#pragma once

#include <stdbool.h>

/// The instruction sets that kernels are written for.
typedef enum {
    CK_LEVEL_SCALAR = 0,
    CK_LEVEL_AVX2 = 1,    ///< AVX2, FMA and F16C
    CK_LEVEL_AVX512 = 2,  ///< AVX-512 F, BW, DQ, VL (and all of the level before)
    CK_LEVEL_NEON = 3,    ///< Advanced SIMD of 64-bit ARM
} ck_level;

/// Whether this CPU, under this operating system, runs kernels of `level`. Scalar always does.
bool ck_level_is_available(ck_level level);

/// The best level of this CPU, found once per process.
ck_level ck_level_best(void);

/// The level in use: the best one unless another was forced.
ck_level ck_level_current(void);

/// Makes `level` the one in use from now on, for tests and for comparing levels. Kernels fetched before keep theirs.
/// Returns false, and changes nothing, where the CPU lacks it.
bool ck_level_force(ck_level level);

/// Tells the core that the loop around it waits for another thread.
static inline void ck_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
