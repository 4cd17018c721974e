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

/// The level whose code kernels stand for `level` on this CPU. The AVX-512 family needs VNNI and VPOPCNTDQ, which the first
/// CPUs with AVX-512 lack.
ck_level codes_level(ck_level level);

kernels_score codes_one_bit_score(ck_level level);
kernels_score codes_four_bit_score(ck_level level);
kernels_score codes_eight_bit_score(ck_level level);

// Each fills its own members of the table.
void codes_fill_rotation(ck_level level, kernels_codes_table *table);
void codes_fill_encoding(ck_level level, kernels_codes_table *table);
