#include "codes_record.h"

// Eight bits a component: against the signed bytes of a query, and against one another.

static int32_t dot_u8_s8_scalar(const uint8_t *row, const int8_t *query, size_t n) {
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += row[i] * query[i];
    return sum;
}

static int32_t eight_bit_pair_scalar(const uint8_t *a, const uint8_t *b, size_t n) {
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += (a[i] - 128) * (b[i] - 128);
    return sum;
}

static inline int32_t eight_bit_whole_scalar(const kernels_code_query *q, const uint8_t *record, size_t stride) {
    (void)stride;
    return dot_u8_s8_scalar(record, q->values, q->dimension);
}
DEFINE_SCORES(eight_bit, scalar, TARGET_CODES_BASE)

#if defined(__x86_64__)

TARGET_CODES_AVX2 ALWAYS_INLINE int32_t sum_avx2(__m256i sums) {
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}

// The multiply-add of bytes saturates at 16 bits, which 2 * 255 * 128 exceeds: the low seven bits and the top bit of u
// go apart. Their sums lie above -2 * 127 * 128 and at or above -2 * 128 * 128 = -32768, which just fits.
TARGET_CODES_AVX2 static int32_t dot_u8_s8_avx2(const uint8_t *row, const int8_t *query, size_t n) {
    const __m256i ones = _mm256_set1_epi16(1), top_bit = _mm256_set1_epi8((char)0x80);
    __m256i low_sums = _mm256_setzero_si256(), top_sums = low_sums;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i u = _mm256_loadu_si256((const __m256i *)(row + i));
        __m256i v = _mm256_loadu_si256((const __m256i *)(query + i));
        __m256i low = _mm256_maddubs_epi16(_mm256_andnot_si256(top_bit, u), v);
        __m256i top = _mm256_maddubs_epi16(_mm256_and_si256(top_bit, u), v);
        low_sums = _mm256_add_epi32(low_sums, _mm256_madd_epi16(low, ones));
        top_sums = _mm256_add_epi32(top_sums, _mm256_madd_epi16(top, ones));
    }
    return sum_avx2(_mm256_add_epi32(low_sums, top_sums)) + dot_u8_s8_scalar(row + i, query + i, n - i);
}

TARGET_CODES_AVX2 ALWAYS_INLINE __m256i widen_centred_avx2(const uint8_t *bytes) {
    __m128i centred = _mm_xor_si128(_mm_loadu_si128((const __m128i *)bytes), _mm_set1_epi8((char)0x80));
    return _mm256_cvtepi8_epi16(centred);
}

TARGET_CODES_AVX2 static int32_t eight_bit_pair_avx2(const uint8_t *a, const uint8_t *b, size_t n) {
    __m256i s0 = _mm256_setzero_si256(), s1 = s0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(widen_centred_avx2(a + i), widen_centred_avx2(b + i)));
        s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(widen_centred_avx2(a + i + 16), widen_centred_avx2(b + i + 16)));
    }
    return sum_avx2(_mm256_add_epi32(s0, s1)) + eight_bit_pair_scalar(a + i, b + i, n - i);
}

TARGET_CODES_AVX2 static inline int32_t eight_bit_whole_avx2(
    const kernels_code_query *q, const uint8_t *record, size_t stride) {
    (void)stride;
    return dot_u8_s8_avx2(record, q->values, q->dimension);
}
DEFINE_SCORES(eight_bit, avx2, TARGET_CODES_AVX2)

TARGET_CODES_AVX512 static int32_t dot_u8_s8_avx512(const uint8_t *row, const int8_t *query, size_t n) {
    __m512i s0 = _mm512_setzero_si512(), s1 = s0;
    size_t i = 0;
    for (; i + 128 <= n; i += 128) {
        s0 = _mm512_dpbusd_epi32(s0, _mm512_loadu_si512(row + i), _mm512_loadu_si512(query + i));
        s1 = _mm512_dpbusd_epi32(s1, _mm512_loadu_si512(row + i + 64), _mm512_loadu_si512(query + i + 64));
    }
    for (; i < n; i += 64) {
        __mmask64 part = n - i >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << (n - i)) - 1;
        s0 = _mm512_dpbusd_epi32(s0, _mm512_maskz_loadu_epi8(part, row + i), _mm512_maskz_loadu_epi8(part, query + i));
    }
    return _mm512_reduce_add_epi32(_mm512_add_epi32(s0, s1));
}

// With v = b - 128: the sum of (a - 128) v is the sum of a v minus 128 times the sum of v.
TARGET_CODES_AVX512 static int32_t eight_bit_pair_avx512(const uint8_t *a, const uint8_t *b, size_t n) {
    const __m512i middle = _mm512_set1_epi8((char)0x80), ones = _mm512_set1_epi8(1);
    __m512i products0 = _mm512_setzero_si512(), products1 = products0, sums0 = products0, sums1 = products0;
    size_t i = 0;
    for (; i + 128 <= n; i += 128) {
        __m512i v0 = _mm512_xor_si512(middle, _mm512_loadu_si512(b + i));
        __m512i v1 = _mm512_xor_si512(middle, _mm512_loadu_si512(b + i + 64));
        products0 = _mm512_dpbusd_epi32(products0, _mm512_loadu_si512(a + i), v0);
        products1 = _mm512_dpbusd_epi32(products1, _mm512_loadu_si512(a + i + 64), v1);
        sums0 = _mm512_dpbusd_epi32(sums0, ones, v0);
        sums1 = _mm512_dpbusd_epi32(sums1, ones, v1);
    }
    for (; i < n; i += 64) {
        __mmask64 part = n - i >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << (n - i)) - 1;
        __m512i v = _mm512_xor_si512(middle, _mm512_mask_loadu_epi8(middle, part, b + i));
        products0 = _mm512_dpbusd_epi32(products0, _mm512_maskz_loadu_epi8(part, a + i), v);
        sums0 = _mm512_dpbusd_epi32(sums0, ones, v);
    }
    __m512i products = _mm512_add_epi32(products0, products1), sums = _mm512_add_epi32(sums0, sums1);
    return _mm512_reduce_add_epi32(_mm512_sub_epi32(products, _mm512_slli_epi32(sums, 7)));
}

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

TARGET_CODES_AVX512 ALWAYS_INLINE int32_t eight_bit_whole_avx512(
    const kernels_code_query *q, const uint8_t *record, size_t stride) {
    (void)stride;
    return dot_u8_s8_avx512(record, q->values, q->dimension);
}
DEFINE_SCORES_AVX512(eight_bit, 448)

#elif defined(__aarch64__)

static int32_t dot_u8_s8_neon(const uint8_t *row, const int8_t *query, size_t n) {
    int32x4_t sums = vdupq_n_s32(0);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        int16x8_t u = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(row + i))), v = vmovl_s8(vld1_s8(query + i));
        sums = vmlal_s16(sums, vget_low_s16(u), vget_low_s16(v));
        sums = vmlal_high_s16(sums, u, v);
    }
    return vaddvq_s32(sums) + dot_u8_s8_scalar(row + i, query + i, n - i);
}

static int32_t eight_bit_pair_neon(const uint8_t *a, const uint8_t *b, size_t n) {
    const uint8x16_t middle = vdupq_n_u8(128);
    int32x4_t sums = vdupq_n_s32(0);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        int8x16_t u = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(a + i), middle));
        int8x16_t v = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(b + i), middle));
        sums = vpadalq_s16(sums, vmull_s8(vget_low_s8(u), vget_low_s8(v)));
        sums = vpadalq_s16(sums, vmull_high_s8(u, v));
    }
    return vaddvq_s32(sums) + eight_bit_pair_scalar(a + i, b + i, n - i);
}

static inline int32_t eight_bit_whole_neon(const kernels_code_query *q, const uint8_t *record, size_t stride) {
    (void)stride;
    return dot_u8_s8_neon(record, q->values, q->dimension);
}
DEFINE_SCORES(eight_bit, neon, TARGET_CODES_BASE)

#endif

codes_scores codes_eight_bit_scores(ck_level level) {
    switch (level) {
#if defined(__x86_64__)
    case CK_LEVEL_AVX512: return (codes_scores){eight_bit_slots_avx512, eight_bit_range_avx512};
    case CK_LEVEL_AVX2: return (codes_scores){eight_bit_slots_avx2, eight_bit_range_avx2};
#elif defined(__aarch64__)
    case CK_LEVEL_NEON: return (codes_scores){eight_bit_slots_neon, eight_bit_range_neon};
#endif
    default: return (codes_scores){eight_bit_slots_scalar, eight_bit_range_scalar};
    }
}

void codes_fill_integers(ck_level level, kernels_codes_table *table) {
    switch (level) {
#if defined(__x86_64__)
    case CK_LEVEL_AVX512:
        table->dot_u8_s8 = dot_u8_s8_avx512;
        table->eight_bit_pair = eight_bit_pair_avx512;
        break;
    case CK_LEVEL_AVX2:
        table->dot_u8_s8 = dot_u8_s8_avx2;
        table->eight_bit_pair = eight_bit_pair_avx2;
        break;
#elif defined(__aarch64__)
    case CK_LEVEL_NEON:
        table->dot_u8_s8 = dot_u8_s8_neon;
        table->eight_bit_pair = eight_bit_pair_neon;
        break;
#endif
    default:
        table->dot_u8_s8 = dot_u8_s8_scalar;
        table->eight_bit_pair = eight_bit_pair_scalar;
    }
}
