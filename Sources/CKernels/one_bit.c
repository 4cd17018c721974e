#include "codes_record.h"

// One bit a component against the four bit planes of a query. A record is read whole: the planes are 0 where its
// trailer lies.

static inline int32_t one_bit_whole_scalar(const kernels_code_query *q, const uint8_t *record, size_t stride) {
    size_t plane_words = stride / 8, words = q->dimension / 64;
    int32_t whole = 0;
    for (size_t w = 0; w < words; w++) {
        uint64_t code;
        memcpy(&code, record + 8 * w, 8);
        for (int b = 0; b < 4; b++)
            whole += (int32_t)__builtin_popcountll(code & q->planes[(size_t)b * plane_words + w]) << b;
    }
    return whole;
}
DEFINE_SCORE(one_bit, scalar, TARGET_CODES_BASE)

#if defined(__x86_64__)

// Bits are counted by looking up nibbles (Mula, Kurz, Lemire 2018, arXiv:1611.07612); the table of plane b holds the
// counts times 2^b. All four planes together give at most 8 * 15 a byte, so bytes are summed once.
TARGET_CODES_AVX2 static inline int32_t one_bit_whole_avx2(
    const kernels_code_query *q, const uint8_t *record, size_t stride) {
    const __m256i low_nibbles = _mm256_set1_epi8(0x0F);
    const __m256i counts = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    __m256i sums = _mm256_setzero_si256();
    const uint8_t *planes = (const uint8_t *)q->planes;
    for (size_t offset = 0; offset < stride; offset += 32) {
        __m256i code = _mm256_loadu_si256((const __m256i *)(record + offset));
        __m256i low = _mm256_and_si256(code, low_nibbles);
        __m256i high = _mm256_and_si256(_mm256_srli_epi16(code, 4), low_nibbles);
        __m256i bytes = _mm256_setzero_si256(), table = counts;
        for (size_t b = 0; b < 4; b++) {
            __m256i plane = _mm256_loadu_si256((const __m256i *)(planes + b * stride + offset));
            __m256i x = _mm256_and_si256(low, plane), y = _mm256_and_si256(high, _mm256_srli_epi16(plane, 4));
            bytes = _mm256_add_epi8(bytes, _mm256_shuffle_epi8(table, x));
            bytes = _mm256_add_epi8(bytes, _mm256_shuffle_epi8(table, y));
            table = _mm256_add_epi8(table, table);
        }
        sums = _mm256_add_epi64(sums, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
    }
    __m128i two = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    return _mm_cvtsi128_si32(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two)));
}
DEFINE_SCORE(one_bit, avx2, TARGET_CODES_AVX2)

TARGET_CODES_AVX512 ALWAYS_INLINE __m256i one_bit_eight(
    const kernels_code_query *q, const uint8_t *const at[8], size_t stride, int records) {
    const __m512i two = _mm512_set1_epi8(2), four = _mm512_set1_epi8(4);
    __m512i sums[8];
    for (int j = 0; j < 8; j++) sums[j] = _mm512_setzero_si512();
    const uint8_t *planes = (const uint8_t *)q->planes;
    for (size_t offset = 0; offset < stride; offset += 64) {
        __m512i plane0 = _mm512_loadu_si512(planes + offset), plane1 = _mm512_loadu_si512(planes + stride + offset);
        __m512i plane2 = _mm512_loadu_si512(planes + 2 * stride + offset);
        __m512i plane3 = _mm512_loadu_si512(planes + 3 * stride + offset);
        for (int j = 0; j < records; j++) {
            __m512i code = _mm512_loadu_si512(at[j] + offset);
            __m512i n0 = _mm512_popcnt_epi64(_mm512_and_si512(code, plane0));
            __m512i n1 = _mm512_popcnt_epi64(_mm512_and_si512(code, plane1));
            __m512i n2 = _mm512_popcnt_epi64(_mm512_and_si512(code, plane2));
            __m512i n3 = _mm512_popcnt_epi64(_mm512_and_si512(code, plane3));
            // n0 + 2 n1 + 4 (n2 + 2 n3): counts of at most 64 keep what is multiplied within the low byte.
            n0 = _mm512_dpbusd_epi32(n0, n1, two);
            n2 = _mm512_dpbusd_epi32(n2, n3, two);
            sums[j] = _mm512_add_epi64(sums[j], _mm512_dpbusd_epi32(n0, n2, four));
        }
    }
    return codes_sum_qwords(sums);
}
DEFINE_SCORE_AVX512(one_bit, 64)

#elif defined(__aarch64__)

static inline int32_t one_bit_whole_neon(const kernels_code_query *q, const uint8_t *record, size_t stride) {
    const uint8_t *planes = (const uint8_t *)q->planes;
    uint16x8_t sums = vdupq_n_u16(0);
    for (size_t offset = 0; offset < q->dimension / 8; offset += 8) {
        uint8x8_t code = vld1_u8(record + offset);
        uint8x8_t bytes = vcnt_u8(vand_u8(code, vld1_u8(planes + offset)));
        bytes = vadd_u8(bytes, vshl_n_u8(vcnt_u8(vand_u8(code, vld1_u8(planes + stride + offset))), 1));
        bytes = vadd_u8(bytes, vshl_n_u8(vcnt_u8(vand_u8(code, vld1_u8(planes + 2 * stride + offset))), 2));
        bytes = vadd_u8(bytes, vshl_n_u8(vcnt_u8(vand_u8(code, vld1_u8(planes + 3 * stride + offset))), 3));
        sums = vaddw_u8(sums, bytes);
    }
    return (int32_t)vaddlvq_u16(sums);
}
DEFINE_SCORE(one_bit, neon, TARGET_CODES_BASE)

#endif

kernels_score codes_one_bit_score(ck_level level) {
    switch (level) {
#if defined(__x86_64__)
    case CK_LEVEL_AVX512: return one_bit_score_avx512;
    case CK_LEVEL_AVX2: return one_bit_score_avx2;
#elif defined(__aarch64__)
    case CK_LEVEL_NEON: return one_bit_score_neon;
#endif
    default: return one_bit_score_scalar;
    }
}
