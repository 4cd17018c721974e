#pragma once

// Private to this target: what the files of the packed products share.

#include <string.h>

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_PRODUCTS_AVX2 __attribute__((target("avx2,fma")))
#define TARGET_PRODUCTS_F32 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#define TARGET_PRODUCTS_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))
#define TARGET_PRODUCTS_BF16 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#endif

/// Before a loop over sums that must stay in registers.
#define UNROLLED _Pragma("clang loop unroll(full)")

#define ALWAYS_INLINE static inline __attribute__((always_inline))

void products_fill_bytes(ck_level level, kernels_products_table *table);
void products_fill_bf16(ck_level level, kernels_products_table *table);
void products_fill_f32(ck_level level, kernels_products_table *table);

ALWAYS_INLINE size_t products_padded(size_t count, size_t whole) { return (count + whole - 1) / whole * whole; }

/// Steps a unit for a step of `scale`; 0 where that is 0, NaN, or too small for its inverse to be finite.
ALWAYS_INLINE float products_inverse(float scale) { return scale >= 1.17549435e-38f ? 1 / scale : 0; }

/// The nearest bfloat16, ties to even; NaN stays NaN.
ALWAYS_INLINE uint16_t products_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// GELU, off by 8e-5 at most: Φ(x) - 1/2 as an odd polynomial of degree 17 on |x| <= 4.2, a least squares fit weighted
/// by |x|, constant outside. What is not finite stays so.
ALWAYS_INLINE float products_gelu(float x) {
    float c = x < 4.2f ? x : 4.2f;
    c = c > -4.2f ? c : -4.2f;
    float u = c * c;
    float p = u * 4.9238005e-11f - 4.7956480e-09f;
    p = p * u + 2.0724720e-07f;
    p = p * u - 5.2895572e-06f;
    p = p * u + 8.9835875e-05f;
    p = p * u - 1.0864587e-03f;
    p = p * u + 9.7409393e-03f;
    p = p * u - 6.6222076e-02f;
    p = p * u + 3.9883458e-01f;
    return x * (c * p + 0.5f);
}

/// The activation of `rows` rows of one panel that starts at column `first`, while they are in the first-level cache.
ALWAYS_INLINE void products_activate(
    const kernels_packed_weights *w, size_t first, size_t rows, float *out, size_t out_stride) {
    if (w->activation == KERNELS_ACTIVATION_NONE) return;
    if (w->n - first >= KERNELS_PANEL) {
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < KERNELS_PANEL; c++)
                out[r * out_stride + first + c] = products_gelu(out[r * out_stride + first + c]);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t c = first; c < w->n; c++) out[r * out_stride + c] = products_gelu(out[r * out_stride + c]);
}

/// The tiles that PRODUCTS_EACH_TILE asks for, from the macro that makes one.
#define PRODUCTS_TILES(MAKE) MAKE(1) MAKE(2) MAKE(3) MAKE(4) MAKE(5) MAKE(6)

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
