#include "codes_record.h"

// Eight bits a component against the signed bytes of a query.

static inline int32_t eight_bit_whole_scalar(const kernels_code_query *q, const uint8_t *record, size_t stride) {
    (void)stride;
    int32_t whole = 0;
    for (size_t i = 0; i < q->dimension; i++) whole += record[i] * q->values[i];
    return whole;
}
DEFINE_SCORE(eight_bit, scalar, TARGET_CODES_BASE)

#if defined(__x86_64__)

// The multiply-add of bytes saturates at 16 bits, which 2 * 255 * 128 exceeds: the low seven bits and the top bit of u
// go apart. Their sums lie above -2 * 127 * 128 and at or above -2 * 128 * 128 = -32768, which just fits.
TARGET_CODES_AVX2 static inline int32_t eight_bit_whole_avx2(
    const kernels_code_query *q, const uint8_t *record, size_t stride) {
    (void)stride;
    const __m256i ones = _mm256_set1_epi16(1), top_bit = _mm256_set1_epi8((char)0x80);
    __m256i low_sums = _mm256_setzero_si256(), top_sums = low_sums;
    for (size_t i = 0; i < q->dimension; i += 32) {
        __m256i u = _mm256_loadu_si256((const __m256i *)(record + i));
        __m256i v = _mm256_loadu_si256((const __m256i *)(q->values + i));
        __m256i low = _mm256_maddubs_epi16(_mm256_andnot_si256(top_bit, u), v);
        __m256i top = _mm256_maddubs_epi16(_mm256_and_si256(top_bit, u), v);
        low_sums = _mm256_add_epi32(low_sums, _mm256_madd_epi16(low, ones));
        top_sums = _mm256_add_epi32(top_sums, _mm256_madd_epi16(top, ones));
    }
    return codes_sum_avx2(_mm256_add_epi32(low_sums, top_sums));
}
DEFINE_SCORE(eight_bit, avx2, TARGET_CODES_AVX2)

TARGET_CODES_AVX512 ALWAYS_INLINE __m256i eight_bit_eight(
    const kernels_code_query *q, const uint8_t *const at[8], size_t stride, int records) {
    (void)stride;
    __m512i sums[8];
    for (int j = 0; j < 8; j++) sums[j] = _mm512_setzero_si512();
    for (size_t offset = 0; offset < q->dimension; offset += 64) {
        __m512i values = _mm512_loadu_si512(q->values + offset);
        for (int j = 0; j < records; j++)
            sums[j] = _mm512_dpbusd_epi32(sums[j], _mm512_loadu_si512(at[j] + offset), values);
    }
    return codes_sum_dwords(sums);
}
DEFINE_SCORE_AVX512(eight_bit, 448)

#elif defined(__aarch64__)

static inline int32_t eight_bit_whole_neon(const kernels_code_query *q, const uint8_t *record, size_t stride) {
    (void)stride;
    int32x4_t sums = vdupq_n_s32(0);
    for (size_t i = 0; i < q->dimension; i += 8) {
        int16x8_t u = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(record + i))), v = vmovl_s8(vld1_s8(q->values + i));
        sums = vmlal_s16(sums, vget_low_s16(u), vget_low_s16(v));
        sums = vmlal_high_s16(sums, u, v);
    }
    return vaddvq_s32(sums);
}
DEFINE_SCORE(eight_bit, neon, TARGET_CODES_BASE)

#endif

kernels_score codes_eight_bit_score(ck_level level) {
    switch (level) {
#if defined(__x86_64__)
    case CK_LEVEL_AVX512: return eight_bit_score_avx512;
    case CK_LEVEL_AVX2: return eight_bit_score_avx2;
#elif defined(__aarch64__)
    case CK_LEVEL_NEON: return eight_bit_score_neon;
#endif
    default: return eight_bit_score_scalar;
    }
}
