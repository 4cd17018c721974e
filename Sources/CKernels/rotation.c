#include "codes_families.h"

// Rotation of blocks of 64 floats by one matrix, read by columns. One text, several levels: rotation_body.h compiled
// for the baseline of the architecture (SSE2 or NEON), for AVX2 + FMA and for AVX-512.

#define ROTATION(name) baseline_##name
#define LANES 4
#include "rotation_body.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define ROTATION(name) avx2_##name
#define LANES 8
#include "rotation_body.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target(CODES_AVX512))), apply_to = function)
#define ROTATION(name) avx512_##name
#define LANES 16
#include "rotation_body.h"
#pragma clang attribute pop

#endif

void codes_fill_rotation(ck_level level, kernels_codes_table *table) {
    switch (level) {
#if defined(__x86_64__)
    case CK_LEVEL_AVX512: table->rotate_blocks = avx512_rotate; break;
    case CK_LEVEL_AVX2: table->rotate_blocks = avx2_rotate; break;
#endif
    default: table->rotate_blocks = baseline_rotate;
    }
}
