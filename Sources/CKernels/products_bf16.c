#include "products_families.h"

// Rows and weights of bfloat16, sums in float32.

ALWAYS_INLINE float bf16_widen(uint16_t x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void round_rows_scalar(const float *a, size_t rows, size_t k, uint16_t *out, size_t stride) {
    for (size_t r = 0; r < rows; r++, a += k, out += stride) {
        for (size_t i = 0; i < k; i++) out[i] = products_bf16(a[i]);
        if (k % 2) out[k] = 0;
    }
}

static void product_bf16_scalar(
    const uint16_t *a, size_t stride, size_t rows, const kernels_packed_weights *w, float *out, size_t out_stride) {
    size_t k = products_padded(w->k, KERNELS_GROUP);
    for (size_t r = 0; r < rows; r++, a += stride, out += out_stride) {
        const uint16_t *panel = w->panels;
        for (size_t first = 0; first < w->n; first += KERNELS_PANEL, panel += KERNELS_PANEL * k) {
            float sums[KERNELS_PANEL] = {0};
            for (size_t i = 0; i < w->k; i++)
                for (size_t c = 0; c < KERNELS_PANEL; c++)
                    sums[c] += bf16_widen(a[i]) * bf16_widen(panel[i / 2 * 2 * KERNELS_PANEL + 2 * c + i % 2]);
            for (size_t c = 0; c < KERNELS_PANEL && first + c < w->n; c++) out[first + c] = sums[c] + w->bias[first + c];
            products_activate(w, first, 1, out, out_stride);
        }
    }
}

#if defined(__x86_64__)

// Eight columns a register: the even inputs are the lower halves of its lanes, the odd ones the upper.
TARGET_PRODUCTS_AVX2 static void product_bf16_avx2(
    const uint16_t *a, size_t stride, size_t rows, const kernels_packed_weights *w, float *out, size_t out_stride) {
    enum { COLUMNS = 16 };
    size_t k = products_padded(w->k, KERNELS_GROUP);
    const __m256i upper = _mm256_set1_epi32((int32_t)0xffff0000);
    for (size_t first = 0; first < w->n; first += COLUMNS) {
        const uint16_t *columns =
            (const uint16_t *)w->panels + first / KERNELS_PANEL * KERNELS_PANEL * k + first % KERNELS_PANEL * 2;
        for (size_t r = 0; r < rows; r++) {
            const uint16_t *row = a + r * stride;
            __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
            for (size_t i = 0; i < w->k; i += 2) {
                __m256 even = _mm256_set1_ps(bf16_widen(row[i]));
                __m256 odd = _mm256_set1_ps(bf16_widen(row[i + 1]));
                const uint16_t *group = columns + i * KERNELS_PANEL;
                for (int part = 0; part < 2; part++) {
                    __m256i both = _mm256_loadu_si256((const __m256i *)(group + 16 * part));
                    __m256 lower = _mm256_castsi256_ps(_mm256_slli_epi32(both, 16));
                    sums[part] = _mm256_fmadd_ps(even, lower, sums[part]);
                    sums[2 + part] =
                        _mm256_fmadd_ps(odd, _mm256_castsi256_ps(_mm256_and_si256(both, upper)), sums[2 + part]);
                }
            }
            float results[COLUMNS];
            for (int part = 0; part < 2; part++)
                _mm256_storeu_ps(results + 8 * part, _mm256_add_ps(sums[part], sums[2 + part]));
            for (size_t c = 0; c < COLUMNS && first + c < w->n; c++)
                out[r * out_stride + first + c] = results[c] + w->bias[first + c];
        }
    }
    for (size_t first = 0; first < w->n; first += KERNELS_PANEL) products_activate(w, first, rows, out, out_stride);
}

TARGET_PRODUCTS_BF16 static void round_rows_avx512(const float *a, size_t rows, size_t k, uint16_t *out, size_t stride) {
    for (size_t r = 0; r < rows; r++, a += k, out += stride) {
        for (size_t i = 0; i < k; i += 16) {
            __mmask16 mask = k - i < 16 ? (__mmask16)((1u << (k - i)) - 1) : 0xffff;
            __m256i halves = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, a + i));
            _mm256_mask_storeu_epi16(out + i, mask, halves);
        }
        if (k % 2) out[k] = 0;
    }
}

#define BF16_TILE(ROWS)                                                                                             \
    TARGET_PRODUCTS_BF16 static void bf16_tile_##ROWS(                                                              \
        const uint16_t *a, size_t stride, const uint16_t *panel, const kernels_packed_weights *w, size_t first,     \
        float *out, size_t out_stride) {                                                                            \
        __m512 sums[ROWS][4];                                                                                       \
        UNROLLED for (int r = 0; r < ROWS; r++)                                                                     \
            UNROLLED for (int c = 0; c < 4; c++) sums[r][c] = _mm512_setzero_ps();                                  \
        for (size_t i = 0; i < w->k; i += 2, panel += 2 * KERNELS_PANEL) {                                          \
            __m512bh w0 = (__m512bh)_mm512_loadu_si512(panel), w1 = (__m512bh)_mm512_loadu_si512(panel + 32);       \
            __m512bh w2 = (__m512bh)_mm512_loadu_si512(panel + 64), w3 = (__m512bh)_mm512_loadu_si512(panel + 96);  \
            UNROLLED for (int r = 0; r < ROWS; r++) {                                                               \
                int32_t two;                                                                                        \
                memcpy(&two, a + (size_t)r * stride + i, sizeof two);                                               \
                __m512bh x = (__m512bh)_mm512_set1_epi32(two);                                                      \
                sums[r][0] = _mm512_dpbf16_ps(sums[r][0], x, w0);                                                   \
                sums[r][1] = _mm512_dpbf16_ps(sums[r][1], x, w1);                                                   \
                sums[r][2] = _mm512_dpbf16_ps(sums[r][2], x, w2);                                                   \
                sums[r][3] = _mm512_dpbf16_ps(sums[r][3], x, w3);                                                   \
            }                                                                                                       \
        }                                                                                                           \
        UNROLLED for (int c = 0; c < 4; c++) {                                                                      \
            size_t column = first + 16 * (size_t)c;                                                                 \
            if (column >= w->n) continue;                                                                           \
            __mmask16 mask = w->n - column < 16 ? (__mmask16)((1u << (w->n - column)) - 1) : 0xffff;                \
            __m512 bias = _mm512_maskz_loadu_ps(mask, w->bias + column);                                            \
            UNROLLED for (int r = 0; r < ROWS; r++)                                                                 \
                _mm512_mask_storeu_ps(                                                                              \
                    out + (size_t)r * out_stride + column, mask, _mm512_add_ps(sums[r][c], bias));                  \
        }                                                                                                           \
    }
PRODUCTS_TILES(BF16_TILE)

TARGET_PRODUCTS_BF16 static void product_bf16_avx512(
    const uint16_t *a, size_t stride, size_t rows, const kernels_packed_weights *w, float *out, size_t out_stride) {
    size_t panel_size = KERNELS_PANEL * products_padded(w->k, KERNELS_GROUP);
    const uint16_t *panel = w->panels;
    for (size_t first = 0; first < w->n; first += KERNELS_PANEL, panel += panel_size) {
#define TILE(ROWS)                                                                                                  \
    bf16_tile_##ROWS(a + r * stride, stride, panel, w, first, out + r * out_stride, out_stride);                    \
    products_activate(w, first, ROWS, out + r * out_stride, out_stride)
        PRODUCTS_EACH_TILE(rows)
#undef TILE
    }
}

#endif

void products_fill_bf16(ck_level level, kernels_products_table *table) {
#if defined(__x86_64__)
    if (level == CK_LEVEL_AVX512 && __builtin_cpu_supports("avx512bf16")) {
        table->round_rows = round_rows_avx512;
        table->product_bf16 = product_bf16_avx512;
        return;
    }
    if (level == CK_LEVEL_AVX512 || level == CK_LEVEL_AVX2) {
        table->round_rows = round_rows_scalar;
        table->product_bf16 = product_bf16_avx2;
        return;
    }
#endif
    (void)level;
    table->round_rows = round_rows_scalar;
    table->product_bf16 = product_bf16_scalar;
}
