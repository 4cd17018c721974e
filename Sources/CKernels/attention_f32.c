#include "attention_parts.h"

// One head of one sequence in float32, as attention_bf16.c does it in bfloat16. Keys and values are copied first, in
// panels of 32 columns, input by input: for the scores a column is a token and an input a component of its key, for the
// context the other way around.

#if defined(__x86_64__)

// Scratch: keys, values, queries, scores, context.
static size_t attention_f32_scratch_bytes(size_t length, size_t head_size) {
    size_t floats = attention_wide(length) * head_size + attention_wide(head_size) * length + QUERIES * head_size
        + QUERIES * (attention_wide(length) + attention_wide(head_size));
    return floats * sizeof(float) + 5 * 64;
}

/// out (rows, 32) = a (rows, inputs) · panel.
#define ATTENTION_TILE(ROWS)                                                                                        \
    TARGET_PRODUCTS_F32 static inline void attention_f32_tile_##ROWS(                                              \
        const float *a, size_t stride, size_t inputs, const float *panel, float *out, size_t out_stride) {          \
        __m512 sums[ROWS][2];                                                                                       \
        UNROLLED for (int r = 0; r < ROWS; r++) sums[r][0] = sums[r][1] = _mm512_setzero_ps();                      \
        for (size_t i = 0; i < inputs; i++, panel += COLUMNS) {                                                     \
            __m512 b0 = _mm512_load_ps(panel), b1 = _mm512_load_ps(panel + 16);                                     \
            UNROLLED for (int r = 0; r < ROWS; r++) {                                                               \
                __m512 x = _mm512_set1_ps(a[(size_t)r * stride + i]);                                               \
                sums[r][0] = _mm512_fmadd_ps(x, b0, sums[r][0]);                                                    \
                sums[r][1] = _mm512_fmadd_ps(x, b1, sums[r][1]);                                                    \
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

TARGET_PRODUCTS_F32 static void attention_f32_product(
    const float *a, size_t stride, size_t rows, size_t inputs, const float *panel, float *out, size_t out_stride) {
    ATTENTION_RUN_TILE(attention_f32_tile, rows, a, stride, inputs, panel, out, out_stride);
}

TARGET_PRODUCTS_F32 static void attention_f32_avx512(
    const float *queries, size_t query_count, const float *keys, const float *values, size_t stride, size_t length,
    size_t size, float scale, float *context, size_t context_stride, void *memory) {
    char *scratch = memory;
    size_t wide = attention_wide(length), out_wide = attention_wide(size);
    float *packed_keys = attention_take(&scratch, wide * size * sizeof(float));
    float *packed_values = attention_take(&scratch, out_wide * length * sizeof(float));
    float *block = attention_take(&scratch, QUERIES * size * sizeof(float));
    float *scores = attention_take(&scratch, QUERIES * wide * sizeof(float));
    float *out = attention_take(&scratch, QUERIES * out_wide * sizeof(float));
    // Columns beyond the last token or component keep what is there: nobody reads what comes of them.
    for (size_t t = 0; t < length; t++)
        for (size_t i = 0; i < size; i++)
            packed_keys[(t / COLUMNS * size + i) * COLUMNS + t % COLUMNS] = keys[t * stride + i];
    for (size_t c = 0; c < size; c += COLUMNS)
        for (size_t t = 0; t < length; t++)
            memcpy(
                packed_values + c * length + t * COLUMNS, values + t * stride + c,
                (size - c < COLUMNS ? size - c : COLUMNS) * sizeof(float));
    const kernels_rows_table *rows_kernels = kernels_rows_best();
    for (size_t first = 0; first < query_count; first += QUERIES) {
        size_t rows = query_count - first < QUERIES ? query_count - first : QUERIES;
        for (size_t r = 0; r < rows; r++)
            for (size_t i = 0; i < size; i++) block[r * size + i] = queries[(first + r) * stride + i] * scale;
        for (size_t p = 0; p < attention_panels(length); p++)
            attention_f32_product(
                block, size, rows, size, packed_keys + p * size * COLUMNS, scores + p * COLUMNS, wide);
        rows_kernels->softmax(scores, rows, length, wide);
        for (size_t p = 0; p < attention_panels(size); p++)
            attention_f32_product(
                scores, wide, rows, length, packed_values + p * length * COLUMNS, out + p * COLUMNS, out_wide);
        for (size_t r = 0; r < rows; r++)
            memcpy(context + (first + r) * context_stride, out + r * out_wide, size * sizeof(float));
    }
}

#endif

void attention_fill_f32(ck_level level, kernels_attention *attention) {
#if defined(__x86_64__)
    if (level == CK_LEVEL_AVX512) {
        attention->apply = attention_f32_avx512;
        attention->scratch_bytes = attention_f32_scratch_bytes;
    }
#else
    (void)level;
    (void)attention;
#endif
}
