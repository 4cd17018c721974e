#pragma once

// Private to this target: what the files of the code kernels hand to the tables in codes.c.

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_CODES_AVX2 __attribute__((target("avx2,fma")))
#define CODES_AVX512 "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq,avx2,fma,f16c"
#define TARGET_CODES_AVX512 __attribute__((target(CODES_AVX512)))
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#define TARGET_CODES_BASE

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/// The two forms of a scoring kernel at one level.
typedef struct {
    kernels_score_slots slots;
    kernels_score_range range;
} codes_scores;

codes_scores codes_one_bit_scores(ck_level level);
codes_scores codes_four_bit_scores(ck_level level);
codes_scores codes_eight_bit_scores(ck_level level);

// Each fills its own members of the table.
void codes_fill_integers(ck_level level, kernels_codes_table *table);
void codes_fill_half_rows(ck_level level, kernels_codes_table *table);
void codes_fill_rotation(ck_level level, kernels_codes_table *table);
void codes_fill_encoding(ck_level level, kernels_codes_table *table);
