// The 16-bit floats of one level: vectors of LANES floats, conversions, then the kernels of each format. half_rows.c
// includes this text once for each level, with LEVEL(name) giving the level's names, LANES the width of its registers
// and HALF_NATIVE telling whether it has instructions for float16.
// No include guard: it is meant to be included several times.

typedef float LEVEL(vector) __attribute__((vector_size(LANES * sizeof(float))));
typedef uint32_t LEVEL(words) __attribute__((vector_size(LANES * sizeof(uint32_t))));
typedef int32_t LEVEL(integers) __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef uint16_t LEVEL(halves) __attribute__((vector_size(LANES * sizeof(uint16_t))));
#define V LEVEL(vector)
#define VU LEVEL(words)
#define VI LEVEL(integers)
#define VH LEVEL(halves)

ALWAYS_INLINE V LEVEL(load)(const float *p) {
    V v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

ALWAYS_INLINE float LEVEL(sum)(V v) {
    float s[LANES];
    __builtin_memcpy(s, &v, sizeof v);
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) s[i] += s[i + width];
    return s[0];
}

// Each format gives value and nearest for one element, widen for LANES elements, and first and second: two vectors that
// hold the 2 * LANES elements at p between them, in any order.

ALWAYS_INLINE float LEVEL(bf16_value)(uint16_t half) { return half_float((uint32_t)half << 16); }

ALWAYS_INLINE uint16_t LEVEL(bf16_nearest)(float value) {
    uint32_t bits = half_bits(value);
    uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    uint32_t quiet = (bits >> 16) | 0x40;
    return (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? quiet : rounded);
}

ALWAYS_INLINE V LEVEL(bf16_widen)(const uint16_t *p) {
    VH h;
    __builtin_memcpy(&h, p, sizeof h);
    return (V)(__builtin_convertvector(h, VU) << 16);
}

// Those at even places.
ALWAYS_INLINE V LEVEL(bf16_first)(const uint16_t *p) {
    VU w;
    __builtin_memcpy(&w, p, sizeof w);
    return (V)(w << 16);
}

// Those at odd places.
ALWAYS_INLINE V LEVEL(bf16_second)(const uint16_t *p) {
    VU w;
    __builtin_memcpy(&w, p, sizeof w);
    return (V)(w & 0xFFFF0000u);
}

#if HALF_NATIVE

typedef _Float16 LEVEL(float16s) __attribute__((vector_size(LANES * sizeof(_Float16))));

ALWAYS_INLINE float LEVEL(f16_value)(uint16_t half) {
    _Float16 value;
    __builtin_memcpy(&value, &half, sizeof value);
    return (float)value;
}

ALWAYS_INLINE uint16_t LEVEL(f16_nearest)(float value) {
    _Float16 nearest = (_Float16)value;
    uint16_t half;
    __builtin_memcpy(&half, &nearest, sizeof half);
    return half;
}

ALWAYS_INLINE V LEVEL(f16_widen)(const uint16_t *p) {
    LEVEL(float16s) h;
    __builtin_memcpy(&h, p, sizeof h);
    return __builtin_convertvector(h, V);
}

#else

// Normal values move their exponent up by 112, infinity and NaN by as much again (NaN becomes quiet, as instructions
// make it); subnormal ones are whole numbers of 2^-24.
ALWAYS_INLINE V LEVEL(f16_wide)(VH halves) {
    VI half = __builtin_convertvector(halves, VI), magnitude = half & 0x7FFF;
    VI bits = (magnitude << 13) + (112 << 23);
    bits += (magnitude >= 0x7C00) & (112 << 23);
    bits |= (magnitude > 0x7C00) & 0x00400000;
    VI subnormal = magnitude < 0x0400, whole = (VI)(__builtin_convertvector(magnitude, V) * 0x1p-24f);
    bits = (subnormal & whole) | (~subnormal & bits);
    return (V)(bits | (half & 0x8000) << 16);
}

ALWAYS_INLINE V LEVEL(f16_widen)(const uint16_t *p) {
    VH h;
    __builtin_memcpy(&h, p, sizeof h);
    return LEVEL(f16_wide)(h);
}

ALWAYS_INLINE float LEVEL(f16_value)(uint16_t half) { return LEVEL(f16_wide)((VH){half})[0]; }

// Normal results drop 13 bits, where a carry may reach infinity; below 2^-14 the sum with 0.5, whose last place is
// 2^-24, rounds.
ALWAYS_INLINE uint16_t LEVEL(f16_nearest)(float value) {
    uint32_t bits = half_bits(value), magnitude = bits & 0x7FFFFFFF;
    uint32_t half = (magnitude - (112u << 23) + 0x0FFF + ((magnitude >> 13) & 1)) >> 13;
    uint32_t subnormal = half_bits(half_float(magnitude) + 0.5f) - 0x3F000000;
    half = magnitude < 0x38800000 ? subnormal : half;
    half = magnitude >= 0x47800000 ? 0x7C00 : half;
    half = magnitude > 0x7F800000 ? 0x7E00 | (magnitude >> 13 & 0x03FF) : half;
    return (uint16_t)(half | (bits >> 16 & 0x8000));
}

#endif

ALWAYS_INLINE V LEVEL(f16_first)(const uint16_t *p) { return LEVEL(f16_widen)(p); }

ALWAYS_INLINE V LEVEL(f16_second)(const uint16_t *p) { return LEVEL(f16_widen)(p + LANES); }

#define HALF(name) LEVEL(bf16_##name)
#include "half_rows_body.h"

#define HALF(name) LEVEL(f16_##name)
#include "half_rows_body.h"

#undef V
#undef VU
#undef VI
#undef VH
#undef LEVEL
#undef LANES
#undef HALF_NATIVE
