#include "CKernels.h"

#include <stdatomic.h>

// -1 until somebody asks. Two threads that ask at the same time find the same answer, so a relaxed store suffices.
static _Atomic int best_level = -1;
static _Atomic int forced_level = -1;

static ck_level detect(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c"))
        return CK_LEVEL_SCALAR;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return CK_LEVEL_AVX512;
    return CK_LEVEL_AVX2;
#elif defined(__aarch64__)
    return CK_LEVEL_NEON;
#else
    return CK_LEVEL_SCALAR;
#endif
}

ck_level ck_level_best(void) {
    int level = atomic_load_explicit(&best_level, memory_order_relaxed);
    if (level < 0) {
        level = (int)detect();
        atomic_store_explicit(&best_level, level, memory_order_relaxed);
    }
    return (ck_level)level;
}

bool ck_level_is_available(ck_level level) {
    ck_level best = ck_level_best();
    if (level == CK_LEVEL_SCALAR) return true;
    if (best == CK_LEVEL_NEON || level == CK_LEVEL_NEON) return best == level;
    return level <= best;
}

ck_level ck_level_current(void) {
    int level = atomic_load_explicit(&forced_level, memory_order_relaxed);
    return level < 0 ? ck_level_best() : (ck_level)level;
}

bool ck_level_force(ck_level level) {
    if (!ck_level_is_available(level)) return false;
    atomic_store_explicit(&forced_level, (int)level, memory_order_relaxed);
    return true;
}
