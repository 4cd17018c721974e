#include "codes_record.h"

// Four bits a component against the signed bytes of a query.

static inline int32_t four_bit_whole_scalar(const kernels_code_query *q, const uint8_t *record, size_t stride) {
    (void)stride;
    const int8_t *values = q->values;
    int32_t whole = 0;
    for (size_t left = q->dimension; left > 0;) {
        size_t half = left >= 128 ? 64 : 32;
        for (size_t j = 0; j < half; j++) whole += (record[j] & 15) * values[j] + (record[j] >> 4) * values[half + j];
        record += half;
        values += 2 * half;
        left -= 2 * half;
    }
    return whole;
}
DEFINE_SCORE(four_bit, scalar, TARGET_CODES_BASE)

#if defined(__x86_64__)

// The products of 32 bytes, added in 16 bits: at most 4 * 15 * 128.
TARGET_CODES_AVX2 ALWAYS_INLINE __m256i four_bit_products_avx2(
    const uint8_t *code, const int8_t *low_values, const int8_t *high_values) {
    const __m256i low_nibbles = _mm256_set1_epi8(0x0F);
    __m256i bytes = _mm256_loadu_si256((const __m256i *)code);
    __m256i low = _mm256_and_si256(bytes, low_nibbles);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low_nibbles);
    return _mm256_add_epi16(
        _mm256_maddubs_epi16(low, _mm256_loadu_si256((const __m256i *)low_values)),
        _mm256_maddubs_epi16(high, _mm256_loadu_si256((const __m256i *)high_values)));
}

TARGET_CODES_AVX2 static inline int32_t four_bit_whole_avx2(
    const kernels_code_query *q, const uint8_t *record, size_t stride) {
    (void)stride;
    const __m256i ones = _mm256_set1_epi16(1);
    const int8_t *values = q->values;
    __m256i sums = _mm256_setzero_si256();
    size_t left = q->dimension;
    for (; left >= 128; left -= 128, record += 64, values += 128) {
        __m256i products = _mm256_add_epi16(
            four_bit_products_avx2(record, values, values + 64),
            four_bit_products_avx2(record + 32, values + 32, values + 96));
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(products, ones));
    }
    if (left > 0)
        sums = _mm256_add_epi32(
            sums, _mm256_madd_epi16(four_bit_products_avx2(record, values, values + 32), ones));
    return codes_sum_avx2(sums);
}
DEFINE_SCORE(four_bit, avx2, TARGET_CODES_AVX2)

TARGET_CODES_AVX512 ALWAYS_INLINE __m256i four_bit_eight(
    const kernels_code_query *q, const uint8_t *const at[8], size_t stride, int records) {
    (void)stride;
    const __m512i low_nibbles = _mm512_set1_epi8(0x0F);
    __m512i sums[8];
    for (int j = 0; j < 8; j++) sums[j] = _mm512_setzero_si512();
    const int8_t *values = q->values;
    size_t offset = 0, left = q->dimension;
    for (; left >= 128; left -= 128, offset += 64, values += 128) {
        __m512i low_values = _mm512_loadu_si512(values), high_values = _mm512_loadu_si512(values + 64);
        for (int j = 0; j < records; j++) {
            __m512i bytes = _mm512_loadu_si512(at[j] + offset);
            __m512i low = _mm512_and_si512(bytes, low_nibbles);
            __m512i high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), low_nibbles);
            sums[j] = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(sums[j], low, low_values), high, high_values);
        }
    }
    if (left > 0) {
        __m512i half_values = _mm512_loadu_si512(values);
        for (int j = 0; j < records; j++) {
            __m256i bytes = _mm256_loadu_si256((const __m256i *)(at[j] + offset));
            __m512i both = _mm512_inserti64x4(_mm512_castsi256_si512(bytes), _mm256_srli_epi16(bytes, 4), 1);
            sums[j] = _mm512_dpbusd_epi32(sums[j], _mm512_and_si512(both, low_nibbles), half_values);
        }
    }
    return codes_sum_dwords(sums);
}
DEFINE_SCORE_AVX512(four_bit, 256)

#elif defined(__aarch64__)

// Sixteen products, added in pairs to 32 bits.
ALWAYS_INLINE int32x4_t four_bit_add_neon(int32x4_t sums, uint8x16_t nibbles, const int8_t *values) {
    int8x16_t u = vreinterpretq_s8_u8(nibbles), v = vld1q_s8(values);
    sums = vpadalq_s16(sums, vmull_s8(vget_low_s8(u), vget_low_s8(v)));
    return vpadalq_s16(sums, vmull_high_s8(u, v));
}

static inline int32_t four_bit_whole_neon(const kernels_code_query *q, const uint8_t *record, size_t stride) {
    (void)stride;
    const int8_t *values = q->values;
    int32x4_t sums = vdupq_n_s32(0);
    for (size_t left = q->dimension; left > 0;) {
        size_t half = left >= 128 ? 64 : 32;
        for (size_t j = 0; j < half; j += 16) {
            uint8x16_t bytes = vld1q_u8(record + j);
            sums = four_bit_add_neon(sums, vandq_u8(bytes, vdupq_n_u8(15)), values + j);
            sums = four_bit_add_neon(sums, vshrq_n_u8(bytes, 4), values + half + j);
        }
        record += half;
        values += 2 * half;
        left -= 2 * half;
    }
    return vaddvq_s32(sums);
}
DEFINE_SCORE(four_bit, neon, TARGET_CODES_BASE)

#endif

kernels_score codes_four_bit_score(ck_level level) {
    switch (level) {
#if defined(__x86_64__)
    case CK_LEVEL_AVX512: return four_bit_score_avx512;
    case CK_LEVEL_AVX2: return four_bit_score_avx2;
#elif defined(__aarch64__)
    case CK_LEVEL_NEON: return four_bit_score_neon;
#endif
    default: return four_bit_score_scalar;
    }
}
