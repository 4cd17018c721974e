#include "attention_parts.h"

// One head of one sequence: context = softmax(Q Kᵀ · scale) V with products of bfloat16. Twelve queries at a time, whose
// scores stay in the first-level cache.
//
// Keys and values are packed first, in panels of 32 columns in which pairs of inputs lie together, column by column: for
// the scores a column is a token and an input a component of its key, for the context the other way around.

#if defined(__x86_64__)

static size_t pairs(size_t count) { return (count + 1) / 2; }

// Scratch: packed keys, packed values, queries, scores, weights, context.
static size_t keys_size(size_t length, size_t size) { return attention_panels(length) * pairs(size) * 2 * COLUMNS; }
static size_t values_size(size_t length, size_t size) { return attention_panels(size) * pairs(length) * 2 * COLUMNS; }

static size_t attention_bf16_scratch_bytes(size_t length, size_t head_size) {
    return 2 * (keys_size(length, head_size) + values_size(length, head_size) + QUERIES * 2 * pairs(head_size))
        + QUERIES * attention_wide(length) * (sizeof(float) + sizeof(uint16_t))
        + QUERIES * attention_wide(head_size) * sizeof(float) + 6 * 64;
}

/// out (rows, 32) = a (rows, 2 * pairs) · panel.
#define ATTENTION_TILE(ROWS)                                                                                        \
    TARGET_PRODUCTS_BF16 static inline void attention_tile_##ROWS(                                                  \
        const uint16_t *a, size_t stride, size_t pairs, const uint16_t *panel, float *out, size_t out_stride) {     \
        __m512 sums[ROWS][2];                                                                                       \
        UNROLLED for (int r = 0; r < ROWS; r++) sums[r][0] = sums[r][1] = _mm512_setzero_ps();                      \
        for (size_t i = 0; i < pairs; i++, panel += 2 * COLUMNS) {                                                  \
            __m512bh b0 = (__m512bh)_mm512_load_si512(panel), b1 = (__m512bh)_mm512_load_si512(panel + COLUMNS);    \
            UNROLLED for (int r = 0; r < ROWS; r++) {                                                               \
                int32_t two;                                                                                        \
                memcpy(&two, a + (size_t)r * stride + 2 * i, sizeof two);                                           \
                __m512bh x = (__m512bh)_mm512_set1_epi32(two);                                                      \
                sums[r][0] = _mm512_dpbf16_ps(sums[r][0], x, b0);                                                   \
                sums[r][1] = _mm512_dpbf16_ps(sums[r][1], x, b1);                                                   \
            }                                                                                                       \
        }                                                                                                           \
        UNROLLED for (int r = 0; r < ROWS; r++) {                                                                   \
            _mm512_store_ps(out + (size_t)r * out_stride, sums[r][0]);                                              \
            _mm512_store_ps(out + (size_t)r * out_stride + 16, sums[r][1]);                                         \
        }                                                                                                           \
    }
ATTENTION_TILE(4)
ATTENTION_TILE(8)
ATTENTION_TILE(12)

TARGET_PRODUCTS_BF16 static void attention_product(
    const uint16_t *a, size_t stride, size_t rows, size_t pairs, const uint16_t *panel, float *out, size_t out_stride) {
    ATTENTION_RUN_TILE(attention_tile, rows, a, stride, pairs, panel, out, out_stride);
}

/// 2^x for x <= 0, good to 4e-6: bfloat16 keeps 2^-9.
TARGET_PRODUCTS_BF16 ALWAYS_INLINE __m512 attention_exp2(__m512 x) {
    __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_sub_ps(x, whole);
    __m512 p = _mm512_set1_ps(0.0096171f);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.0555033f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.2402265f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.6931472f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, whole);
}

/// Sixteen weights from scores, as bfloat16; returns them in float32.
TARGET_PRODUCTS_BF16 ALWAYS_INLINE __m512 attention_weights(
    const float *scores, __mmask16 mask, __m512 maximum, uint16_t *weights) {
    __m512 e = attention_exp2(_mm512_sub_ps(_mm512_maskz_loadu_ps(mask, scores), maximum));
    e = _mm512_maskz_mov_ps(mask, e);
    _mm256_store_si256((__m256i *)weights, (__m256i)_mm512_cvtneps_pbh(e));
    return e;
}

/// Turns `length` scores, in powers of two, into weights of bfloat16 that are still to be divided by their sum; those
/// beyond up to a whole panel become 0. Returns the sum's inverse.
TARGET_PRODUCTS_BF16 static float attention_softmax(const float *scores, size_t length, uint16_t *weights) {
    size_t whole = length & ~(size_t)(COLUMNS - 1), rest = length - whole;
    __mmask16 first = rest >= 16 ? 0xffff : (__mmask16)((1u << rest) - 1);
    __mmask16 second = rest > 16 ? (__mmask16)((1u << (rest - 16)) - 1) : 0;
    __m512 lowest = _mm512_set1_ps(-__builtin_inff()), maxima = lowest, others = lowest;
    for (size_t i = 0; i < whole; i += COLUMNS) {
        maxima = _mm512_max_ps(_mm512_load_ps(scores + i), maxima);
        others = _mm512_max_ps(_mm512_load_ps(scores + i + 16), others);
    }
    if (rest) {
        maxima = _mm512_max_ps(_mm512_mask_loadu_ps(lowest, first, scores + whole), maxima);
        others = _mm512_max_ps(_mm512_mask_loadu_ps(lowest, second, scores + whole + 16), others);
    }
    __m512 maximum = _mm512_set1_ps(_mm512_reduce_max_ps(_mm512_max_ps(maxima, others)));
    // Two sums, so that one exponential need not wait for the other.
    __m512 sums = _mm512_setzero_ps(), more = _mm512_setzero_ps();
    for (size_t i = 0; i < whole; i += COLUMNS) {
        sums = _mm512_add_ps(sums, attention_weights(scores + i, 0xffff, maximum, weights + i));
        more = _mm512_add_ps(more, attention_weights(scores + i + 16, 0xffff, maximum, weights + i + 16));
    }
    if (rest) {
        sums = _mm512_add_ps(sums, attention_weights(scores + whole, first, maximum, weights + whole));
        more = _mm512_add_ps(more, attention_weights(scores + whole + 16, second, maximum, weights + whole + 16));
    }
    return 1 / _mm512_reduce_add_ps(_mm512_add_ps(sums, more));
}

/// Keys (length, size) to panels: columns are tokens. Columns beyond the last token keep what is there: nobody reads their
/// scores.
TARGET_PRODUCTS_BF16 static void attention_pack_keys(
    const float *keys, size_t stride, size_t length, size_t size, uint16_t *out) {
    for (size_t t = 0; t < length; t++) {
        uint32_t *column = (uint32_t *)(out + t / COLUMNS * pairs(size) * 2 * COLUMNS) + t % COLUMNS;
        const float *key = keys + t * stride;
        for (size_t i = 0; i < size; i += 32) {
            // Sixteen pairs at a time, written to as many rows of the panel.
            size_t left = size - i < 32 ? size - i : 32;
            __mmask32 mask = left == 32 ? 0xffffffff : (1u << left) - 1;
            __m512 low = _mm512_maskz_loadu_ps((__mmask16)mask, key + i);
            __m512 high = _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), key + i + 16);
            uint32_t both[16];
            _mm512_storeu_si512(both, (__m512i)_mm512_cvtne2ps_pbh(high, low));
            for (size_t p = 0; p < (left + 1) / 2; p++) column[(i / 2 + p) * COLUMNS] = both[p];
        }
    }
}

/// Values (length, size) to panels: columns are components, inputs are tokens.
TARGET_PRODUCTS_BF16 static void attention_pack_values(
    const float *values, size_t stride, size_t length, size_t size, uint16_t *out) {
    for (size_t c = 0; c < size; c += COLUMNS) {
        for (size_t t = 0; t < length; t += 2, out += 2 * COLUMNS) {
            for (size_t part = 0; part < COLUMNS; part += 16) {
                size_t left = c + part < size ? size - c - part : 0;
                __mmask16 mask = left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1);
                const float *at = values + t * stride + c + part;
                __m512 even = _mm512_maskz_loadu_ps(mask, at);
                __m512 odd = t + 1 < length ? _mm512_maskz_loadu_ps(mask, at + stride) : _mm512_setzero_ps();
                __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even));
                __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));
                _mm512_store_si512(out + 2 * part, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
            }
        }
    }
}

TARGET_PRODUCTS_BF16 static void attention_bf16_avx512(
    const float *queries, size_t query_count, const float *keys, const float *values, size_t stride, size_t length,
    size_t size, float scale, float *context, size_t context_stride, void *memory) {
    char *scratch = memory;
    size_t key_pairs = pairs(size), token_pairs = pairs(length), wide = attention_wide(length);
    size_t out_wide = attention_wide(size);
    uint16_t *packed_keys = attention_take(&scratch, 2 * keys_size(length, size));
    uint16_t *packed_values = attention_take(&scratch, 2 * values_size(length, size));
    uint16_t *block = attention_take(&scratch, 2 * QUERIES * 2 * key_pairs);
    float *scores = attention_take(&scratch, QUERIES * wide * sizeof(float));
    uint16_t *weights = attention_take(&scratch, QUERIES * wide * sizeof(uint16_t));
    float *out = attention_take(&scratch, QUERIES * out_wide * sizeof(float));
    attention_pack_keys(keys, stride, length, size, packed_keys);
    attention_pack_values(values, stride, length, size, packed_values);
    // Scores in powers of two save a product in every exponential.
    __m512 factor = _mm512_set1_ps(scale * 1.44269504f);
    for (size_t first = 0; first < query_count; first += QUERIES) {
        size_t rows = query_count - first < QUERIES ? query_count - first : QUERIES;
        for (size_t r = 0; r < rows; r++) {
            for (size_t i = 0; i < size; i += 16) {
                __mmask16 mask = size - i >= 16 ? 0xffff : (__mmask16)((1u << (size - i)) - 1);
                __m512 x = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, queries + (first + r) * stride + i), factor);
                _mm256_mask_storeu_epi16(block + r * 2 * key_pairs + i, mask, (__m256i)_mm512_cvtneps_pbh(x));
            }
            if (size % 2) block[r * 2 * key_pairs + size] = 0;
        }
        for (size_t p = 0; p < attention_panels(length); p++)
            attention_product(
                block, 2 * key_pairs, rows, key_pairs, packed_keys + p * key_pairs * 2 * COLUMNS, scores + p * COLUMNS,
                wide);
        float inverses[QUERIES];
        for (size_t r = 0; r < rows; r++) inverses[r] = attention_softmax(scores + r * wide, length, weights + r * wide);
        for (size_t p = 0; p < attention_panels(size); p++)
            attention_product(
                weights, wide, rows, token_pairs, packed_values + p * token_pairs * 2 * COLUMNS, out + p * COLUMNS,
                out_wide);
        for (size_t r = 0; r < rows; r++) {
            __m512 inverse = _mm512_set1_ps(inverses[r]);
            for (size_t i = 0; i < size; i += 16) {
                __mmask16 mask = size - i >= 16 ? 0xffff : (__mmask16)((1u << (size - i)) - 1);
                _mm512_mask_storeu_ps(
                    context + (first + r) * context_stride + i, mask,
                    _mm512_mul_ps(_mm512_load_ps(out + r * out_wide + i), inverse));
            }
        }
    }
}

#endif

void attention_fill_bf16(ck_level level, kernels_attention *attention) {
#if defined(__x86_64__)
    if (level == CK_LEVEL_AVX512 && __builtin_cpu_supports("avx512bf16")) {
        attention->apply = attention_bf16_avx512;
        attention->scratch_bytes = attention_bf16_scratch_bytes;
    }
#else
    (void)level;
    (void)attention;
#endif
}
