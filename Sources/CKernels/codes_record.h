#pragma once

// Private to this target: from the whole number of a record to its score, and the loops over records. Included after
// a file has defined its kernels' whole-number parts. Products and sums are never fused, so that levels agree in every
// bit: the intrinsics stand for one operation each, and the scalar form forbids contraction.

#include <string.h>

#include "codes_families.h"

ALWAYS_INLINE float codes_finish(const kernels_code_query *q, const uint8_t *record, size_t stride, int32_t whole) {
#pragma STDC FP_CONTRACT OFF
    kernels_code_trailer t;
    memcpy(&t, record + stride - sizeof t, sizeof t);
    float inner = q->alpha * (float)whole;
    inner += q->beta * (float)t.population;
    inner += q->gamma;
    float score = q->constant + t.bias;
    return score + t.scale * inner;
}

// name_whole_level(query, record, stride) gives the whole number of one record.
#define DEFINE_SCORE(name, level, TARGET)                                                                              \
    TARGET static void name##_score_##level(                                                                           \
        const kernels_code_query *q, const uint8_t *codes, size_t stride, const uint32_t *slots, size_t count,         \
        float *out) {                                                                                                  \
        for (size_t i = 0; i < count; i++) {                                                                           \
            const uint8_t *record = codes + (size_t)slots[i] * stride;                                                 \
            out[i] = codes_finish(q, record, stride, name##_whole_##level(q, record, stride));                         \
        }                                                                                                              \
    }

#if defined(__x86_64__)

TARGET_CODES_AVX2 ALWAYS_INLINE int32_t codes_sum_avx2(__m256i sums) {
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}

// Eight sums of the lanes of eight vectors.
TARGET_CODES_AVX512 ALWAYS_INLINE __m256i codes_sum_dwords(const __m512i a[8]) {
    __m512i b[4];
    for (int j = 0; j < 4; j++)
        b[j] = _mm512_add_epi32(
            _mm512_unpacklo_epi32(a[2 * j], a[2 * j + 1]), _mm512_unpackhi_epi32(a[2 * j], a[2 * j + 1]));
    __m512i low = _mm512_add_epi32(_mm512_unpacklo_epi64(b[0], b[1]), _mm512_unpackhi_epi64(b[0], b[1]));
    __m512i high = _mm512_add_epi32(_mm512_unpacklo_epi64(b[2], b[3]), _mm512_unpackhi_epi64(b[2], b[3]));
    // Each 128-bit lane of low holds partial sums 0...3, each of high 4...7.
    __m256i low2 = _mm256_add_epi32(_mm512_castsi512_si256(low), _mm512_extracti64x4_epi64(low, 1));
    __m256i high2 = _mm256_add_epi32(_mm512_castsi512_si256(high), _mm512_extracti64x4_epi64(high, 1));
    return _mm256_add_epi32(_mm256_permute2x128_si256(low2, high2, 0x20), _mm256_permute2x128_si256(low2, high2, 0x31));
}

// The same for vectors of 64-bit lanes whose high halves are 0.
TARGET_CODES_AVX512 ALWAYS_INLINE __m256i codes_sum_qwords(const __m512i a[8]) {
    __m512i b[4];
    // Even lanes from the first, odd lanes from the second vector (0xA0 copies each even lane to the odd one).
    for (int j = 0; j < 4; j++)
        b[j] = _mm512_mask_shuffle_epi32(a[2 * j], 0xAAAA, a[2 * j + 1], (_MM_PERM_ENUM)0xA0);
    __m512i low = _mm512_add_epi32(_mm512_unpacklo_epi64(b[0], b[1]), _mm512_unpackhi_epi64(b[0], b[1]));
    __m512i high = _mm512_add_epi32(_mm512_unpacklo_epi64(b[2], b[3]), _mm512_unpackhi_epi64(b[2], b[3]));
    __m256i low2 = _mm256_add_epi32(_mm512_castsi512_si256(low), _mm512_extracti64x4_epi64(low, 1));
    __m256i high2 = _mm256_add_epi32(_mm512_castsi512_si256(high), _mm512_extracti64x4_epi64(high, 1));
    return _mm256_add_epi32(_mm256_permute2x128_si256(low2, high2, 0x20), _mm256_permute2x128_si256(low2, high2, 0x31));
}

// codes_finish for eight records: the trailers are transposed into scales, biases and populations.
TARGET_CODES_AVX512 ALWAYS_INLINE __m256 codes_finish_eight(
    const kernels_code_query *q, const uint8_t *const at[8], size_t stride, __m256i whole) {
    __m256i t[4];
    for (int j = 0; j < 4; j++) {
        __m128i near = _mm_loadu_si128((const __m128i *)(at[j] + stride - sizeof(kernels_code_trailer)));
        __m128i far = _mm_loadu_si128((const __m128i *)(at[j + 4] + stride - sizeof(kernels_code_trailer)));
        t[j] = _mm256_inserti128_si256(_mm256_castsi128_si256(near), far, 1);
    }
    __m256i floats01 = _mm256_unpacklo_epi32(t[0], t[1]), floats23 = _mm256_unpacklo_epi32(t[2], t[3]);
    __m256i counts01 = _mm256_unpackhi_epi32(t[0], t[1]), counts23 = _mm256_unpackhi_epi32(t[2], t[3]);
    __m256 scale = _mm256_castsi256_ps(_mm256_unpacklo_epi64(floats01, floats23));
    __m256 bias = _mm256_castsi256_ps(_mm256_unpackhi_epi64(floats01, floats23));
    __m256i counts = _mm256_unpacklo_epi64(counts01, counts23);
    __m256 population = _mm256_cvtepi32_ps(_mm256_srli_epi32(counts, 16));

    __m256 inner = _mm256_mul_ps(_mm256_set1_ps(q->alpha), _mm256_cvtepi32_ps(whole));
    inner = _mm256_add_ps(inner, _mm256_mul_ps(_mm256_set1_ps(q->beta), population));
    inner = _mm256_add_ps(inner, _mm256_set1_ps(q->gamma));
    __m256 score = _mm256_add_ps(_mm256_set1_ps(q->constant), bias);
    return _mm256_add_ps(score, _mm256_mul_ps(scale, inner));
}

// name_eight(query, at, stride, records) gives the whole numbers of the records at[0] ..< at[records], 1, 4 or 8 of
// them, in the first lanes. A last group repeats its last record, but for one that stands alone.
#define DEFINE_SCORE_AVX512(name, FIXED_STRIDE)                                                                        \
    TARGET_CODES_AVX512 ALWAYS_INLINE int32_t name##_whole_avx512(                                                     \
        const kernels_code_query *q, const uint8_t *record, size_t stride) {                                           \
        const uint8_t *const at[8] = {record};                                                                         \
        return _mm256_cvtsi256_si32(name##_eight(q, at, stride, 1));                                                   \
    }                                                                                                                  \
    TARGET_CODES_AVX512 ALWAYS_INLINE void name##_loop(                                                                \
        const kernels_code_query *q, const uint8_t *codes, size_t stride, const uint32_t *slots, size_t count,         \
        float *out) {                                                                                                  \
        const uint8_t *at[8];                                                                                          \
        size_t i = 0;                                                                                                  \
        for (; i + 8 <= count; i += 8) {                                                                               \
            for (size_t j = 0; j < 8; j++) at[j] = codes + (size_t)slots[i + j] * stride;                              \
            _mm256_storeu_ps(out + i, codes_finish_eight(q, at, stride, name##_eight(q, at, stride, 8)));              \
        }                                                                                                              \
        size_t left = count - i;                                                                                       \
        if (left == 0) return;                                                                                         \
        if (left == 1) {                                                                                               \
            const uint8_t *record = codes + (size_t)slots[i] * stride;                                                 \
            out[i] = codes_finish(q, record, stride, name##_whole_avx512(q, record, stride));                          \
            return;                                                                                                    \
        }                                                                                                              \
        for (size_t j = 0; j < 8; j++) at[j] = codes + (size_t)slots[i + (j < left ? j : left - 1)] * stride;          \
        __m256i whole = left > 4 ? name##_eight(q, at, stride, 8) : name##_eight(q, at, stride, 4);                    \
        _mm256_mask_storeu_ps(out + i, (__mmask8)((1u << left) - 1), codes_finish_eight(q, at, stride, whole));        \
    }                                                                                                                  \
    TARGET_CODES_AVX512 static void name##_score_avx512(                                                               \
        const kernels_code_query *q, const uint8_t *codes, size_t stride, const uint32_t *slots, size_t count,         \
        float *out) {                                                                                                  \
        if (stride == FIXED_STRIDE) name##_loop(q, codes, FIXED_STRIDE, slots, count, out);                            \
        else name##_loop(q, codes, stride, slots, count, out);                                                         \
    }

#endif
