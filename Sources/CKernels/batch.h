#pragma once

// Private to this target: the many-rows forms of a pair kernel, so that both give the bits of the pair form.

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2,fma")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#define TARGET_BASE

/// How many rows a gather looks ahead, and how many bytes of such a row it asks for (the hardware streams the rest).
enum { PREFETCH_ROWS_AHEAD = 4, PREFETCH_BYTES = 512, CACHE_LINE_BYTES = 64 };

static inline __attribute__((always_inline)) void prefetch_row(const float *row, size_t n) {
    size_t bytes = n * sizeof(float);
    if (bytes > PREFETCH_BYTES) bytes = PREFETCH_BYTES;
    for (size_t offset = 0; offset < bytes; offset += CACHE_LINE_BYTES) __builtin_prefetch((const char *)row + offset);
}

#define DEFINE_BATCH_FORMS(name, level, TARGET)                                                                        \
    TARGET static void name##_rows_##level(                                                                            \
        const float *query, const float *rows, size_t count, size_t stride, size_t n, float *out) {                    \
        for (size_t i = 0; i < count; i++) out[i] = name##_##level(query, rows + i * stride, n);                       \
    }                                                                                                                  \
    TARGET static void name##_gather_##level(                                                                          \
        const float *query, const float *base, const uint32_t *slots, size_t count, size_t stride, size_t n,           \
        float *out) {                                                                                                  \
        size_t ahead = count < PREFETCH_ROWS_AHEAD ? count : PREFETCH_ROWS_AHEAD;                                      \
        for (size_t i = 0; i < ahead; i++) prefetch_row(base + (size_t)slots[i] * stride, n);                          \
        for (size_t i = 0; i < count; i++) {                                                                           \
            if (i + ahead < count) prefetch_row(base + (size_t)slots[i + ahead] * stride, n);                          \
            out[i] = name##_##level(query, base + (size_t)slots[i] * stride, n);                                       \
        }                                                                                                              \
    }
