#include "kernels_rows.h"

#include <float.h>
#include <math.h>

// One text, several levels: rows_body.h compiled for the baseline of the architecture (SSE2 or NEON), for AVX2 + FMA
// and for AVX-512.

#define ROWS(name) baseline_##name
#define LANES 4
#define ROWS_NAME "baseline"
#include "rows_body.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define ROWS(name) avx2_##name
#define LANES 8
#define ROWS_NAME "AVX2"
#include "rows_body.h"
#pragma clang attribute pop

#define AVX512 "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
#pragma clang attribute push(__attribute__((target(AVX512))), apply_to = function)
#define ROWS(name) avx512_##name
#define LANES 16
#define ROWS_NAME "AVX-512"
#include "rows_body.h"
#pragma clang attribute pop

int kernels_rows_level_count(void) { return 3; }

const kernels_rows_table *kernels_rows_at_level(int level) {
    switch (level) {
    case 0:
        return &baseline_table;
    case 1:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2_table : NULL;
    case 2:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                       __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                   ? &avx512_table
                   : NULL;
    default:
        return NULL;
    }
}

#else

int kernels_rows_level_count(void) { return 1; }

const kernels_rows_table *kernels_rows_at_level(int level) { return level == 0 ? &baseline_table : NULL; }

#endif

const kernels_rows_table *kernels_rows_best(void) {
    for (int level = kernels_rows_level_count() - 1; level > 0; level--) {
        const kernels_rows_table *table = kernels_rows_at_level(level);
        if (table) return table;
    }
    return &baseline_table;
}

size_t kernels_first_not_finite(const float *x, size_t count) {
    enum { BLOCK = 1024 };
    for (size_t start = 0; start < count; start += BLOCK) {
        size_t end = start + BLOCK < count ? start + BLOCK : count;
        uint32_t found = 0;
        for (size_t i = start; i < end; i++) {
            uint32_t bits;
            __builtin_memcpy(&bits, x + i, sizeof bits);
            found |= (bits & 0x7f800000) == 0x7f800000;
        }
        if (!found) continue;
        for (size_t i = start; i < end; i++) {
            uint32_t bits;
            __builtin_memcpy(&bits, x + i, sizeof bits);
            if ((bits & 0x7f800000) == 0x7f800000) return i;
        }
    }
    return count;
}
