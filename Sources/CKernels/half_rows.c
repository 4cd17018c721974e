#include "batch.h"
#include "codes_families.h"
#include "families.h"

// Rows of 16-bit floats: bfloat16, the upper half of a float32, and float16, the half precision of IEEE 754. Both widen
// exactly, so that products with a float32 query are those of the exact row. One text, several levels:
// half_level_body.h compiled for the baseline of the architecture (SSE2 or NEON), for AVX2 + FMA + F16C and for
// AVX-512.

ALWAYS_INLINE uint32_t half_bits(float value) {
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

ALWAYS_INLINE float half_float(uint32_t bits) {
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

// Where the level converts float16 in hardware, _Float16 compiles to its instructions; elsewhere it would call a
// function for each element.
#if defined(__aarch64__)
#define HALF_NATIVE 1
#else
#define HALF_NATIVE 0
#endif
#define LEVEL(name) baseline_##name
#define LANES 4
#include "half_level_body.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define HALF_NATIVE 1
#define LEVEL(name) avx2_##name
#define LANES 8
#include "half_level_body.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target(CODES_AVX512))), apply_to = function)
#define HALF_NATIVE 1
#define LEVEL(name) avx512_##name
#define LANES 16
#include "half_level_body.h"
#pragma clang attribute pop

#endif

ck_row_kernels ck_half_kernels(ck_level level, ck_row_format format) {
    int is_float16 = format == CK_ROWS_FLOAT16;
    switch (codes_level(level)) {
#if defined(__x86_64__)
    case CK_LEVEL_AVX512: return is_float16 ? avx512_f16_kernels : avx512_bf16_kernels;
    case CK_LEVEL_AVX2: return is_float16 ? avx2_f16_kernels : avx2_bf16_kernels;
#endif
    default: return is_float16 ? baseline_f16_kernels : baseline_bf16_kernels;
    }
}
