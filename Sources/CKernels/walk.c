#include <math.h>

#include "CKernels.h"

// One text, several levels: walk_body.h compiled for the baseline of the architecture, for AVX2 and for AVX-512.

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/// A pool longer than this is halved to find a place before ranks are counted.
enum { WALK_COUNTED = 256 };

ALWAYS_INLINE uint64_t walk_rank(float distance, uint32_t slot) {
    distance += 0.0f;  // makes -0 into 0
    uint32_t bits;
    __builtin_memcpy(&bits, &distance, sizeof bits);
    uint32_t ordered = bits ^ ((uint32_t)((int32_t)bits >> 31) | 0x80000000u);
    return (uint64_t)ordered << 32 | slot;
}

ALWAYS_INLINE float walk_distance(uint64_t rank) {
    uint32_t ordered = (uint32_t)(rank >> 32);
    uint32_t bits = ordered >> 31 ? ordered & 0x7FFFFFFFu : ~ordered;
    float distance;
    __builtin_memcpy(&distance, &bits, sizeof distance);
    return distance;
}

#define WALK(name) baseline_##name
#define LANES 2
#include "walk_body.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define WALK(name) avx2_##name
#define LANES 4
#include "walk_body.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define WALK(name) avx512_##name
#define LANES 8
#include "walk_body.h"
#pragma clang attribute pop

#endif

kernels_walk_table kernels_walk_at(ck_level level) {
#if defined(__x86_64__)
    if (ck_level_is_available(level)) {
        if (level == CK_LEVEL_AVX512) return (kernels_walk_table){avx512_gather, avx512_merge};
        if (level == CK_LEVEL_AVX2) return (kernels_walk_table){avx2_gather, avx2_merge};
    }
#endif
    (void)level;
    return (kernels_walk_table){baseline_gather, baseline_merge};
}
