#pragma once

// Private to this target: what the files of the packed products share.

#include <string.h>

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_PRODUCTS_AVX2 __attribute__((target("avx2,fma")))
#define TARGET_PRODUCTS_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))
#define TARGET_PRODUCTS_BF16 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

void products_fill_bytes(ck_level level, kernels_products_table *table);
void products_fill_bf16(ck_level level, kernels_products_table *table);

ALWAYS_INLINE size_t products_padded(size_t count, size_t whole) { return (count + whole - 1) / whole * whole; }

/// The nearest bfloat16, ties to even; NaN stays NaN.
ALWAYS_INLINE uint16_t products_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// Runs TILE(rows) over `rows` rows from `r` on, six at a time; seven to eleven that are left as two tiles of like size.
/// TILE must be a macro that uses `r`.
#define PRODUCTS_EACH_TILE(rows)                                                                                    \
    for (size_t r = 0, taken; r < (rows); r += taken) {                                                             \
        size_t left = (rows) - r;                                                                                   \
        taken = left <= 6 ? left : left < 12 ? (left + 1) / 2 : 6;                                                  \
        switch (taken) {                                                                                            \
        case 1: TILE(1); break;                                                                                     \
        case 2: TILE(2); break;                                                                                     \
        case 3: TILE(3); break;                                                                                     \
        case 4: TILE(4); break;                                                                                     \
        case 5: TILE(5); break;                                                                                     \
        default: TILE(6); break;                                                                                    \
        }                                                                                                           \
    }
