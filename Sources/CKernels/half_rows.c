#include "codes_families.h"

// Rows of 16-bit floats: bfloat16, the upper half of a float32, and float16, the half precision of IEEE 754. Both widen
// exactly, so that products with a float32 query are those of the exact row. One text, several levels:
// half_level_body.h compiled for the baseline of the architecture (SSE2 or NEON), for AVX2 + FMA + F16C and for
// AVX-512.

/// How many rows a gather looks ahead, and how many bytes of such a row it asks for (the hardware streams the rest).
enum { HALF_ROWS_AHEAD = 4, HALF_BYTES_AHEAD = 512 };

ALWAYS_INLINE void half_prefetch(const uint16_t *row, size_t n) {
    size_t bytes = n * sizeof(uint16_t);
    kernels_prefetch_lines(row, bytes < HALF_BYTES_AHEAD ? bytes : HALF_BYTES_AHEAD);
}

ALWAYS_INLINE void half_prefetch_first(
    const uint16_t *base, const uint32_t *slots, size_t count, size_t stride, size_t n) {
    for (size_t i = 0; i < count && i < HALF_ROWS_AHEAD; i++) half_prefetch(base + slots[i] * stride, n);
}

ALWAYS_INLINE void half_prefetch_ahead(
    const uint16_t *base, const uint32_t *slots, size_t i, size_t count, size_t stride, size_t n) {
    if (i + HALF_ROWS_AHEAD < count) half_prefetch(base + slots[i + HALF_ROWS_AHEAD] * stride, n);
}

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

void codes_fill_half_rows(ck_level level, kernels_codes_table *table) {
    switch (level) {
#if defined(__x86_64__)
    case CK_LEVEL_AVX512: return avx512_fill(table);
    case CK_LEVEL_AVX2: return avx2_fill(table);
#endif
    default: return baseline_fill(table);
    }
}
