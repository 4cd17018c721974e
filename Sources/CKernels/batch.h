#pragma once

// Private to this target: the many-rows form of a pair kernel, so that both give the same bits.

#include <stddef.h>
#include <stdint.h>

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2,fma")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#define TARGET_BASE

/// How many rows a gather looks ahead, and how many bytes of such a row it asks for (the hardware streams the rest).
enum { PREFETCH_ROWS_AHEAD = 4, PREFETCH_BYTES = 512 };

static inline __attribute__((always_inline)) void prefetch_row(const void *row, size_t bytes) {
    kernels_prefetch_lines(row, bytes < PREFETCH_BYTES ? bytes : PREFETCH_BYTES);
}

#define DEFINE_GATHER(gather, pair, component, TARGET)                                                                 \
    TARGET static void gather(                                                                                         \
        const float *query, const void *base, const uint32_t *slots, size_t count, size_t stride, size_t n,            \
        float *out) {                                                                                                  \
        const component *rows = base;                                                                                  \
        size_t bytes = n * sizeof(component), ahead = count < PREFETCH_ROWS_AHEAD ? count : PREFETCH_ROWS_AHEAD;       \
        for (size_t i = 0; i < ahead; i++) prefetch_row(rows + (size_t)slots[i] * stride, bytes);                      \
        for (size_t i = 0; i < count; i++) {                                                                           \
            if (i + ahead < count) prefetch_row(rows + (size_t)slots[i + ahead] * stride, bytes);                      \
            out[i] = pair(query, rows + (size_t)slots[i] * stride, n);                                                 \
        }                                                                                                              \
    }
