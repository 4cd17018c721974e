#include "codes_families.h"

#pragma STDC FP_CONTRACT OFF
// How 16 lanes are passed depends on the level, but every function that passes them is inlined into its caller.
#pragma clang diagnostic ignored "-Wpsabi"

// Query preparation and encoding. One text, several levels: encode_body.h compiled for the baseline of the
// architecture (SSE2 or NEON), for AVX2 and for AVX-512, always in 16 lanes.

enum { ENCODE_LANES = 16 };
typedef float encode_floats __attribute__((vector_size(ENCODE_LANES * sizeof(float))));
typedef int32_t encode_integers __attribute__((vector_size(ENCODE_LANES * sizeof(int32_t))));
typedef uint8_t encode_bytes __attribute__((vector_size(ENCODE_LANES)));
typedef _Bool encode_bools __attribute__((ext_vector_type(ENCODE_LANES)));

static const encode_integers encode_lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

#define ENCODE(name) baseline_##name
#include "encode_body.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define ENCODE(name) avx2_##name
#include "encode_body.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target(CODES_AVX512))), apply_to = function)
#define ENCODE(name) avx512_##name
#include "encode_body.h"
#pragma clang attribute pop

#endif

void codes_fill_encoding(ck_level level, kernels_codes_table *table) {
    switch (level) {
#if defined(__x86_64__)
    case CK_LEVEL_AVX512: return avx512_fill(table);
    case CK_LEVEL_AVX2: return avx2_fill(table);
#endif
    default: return baseline_fill(table);
    }
}
