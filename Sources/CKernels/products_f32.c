#include "products_families.h"

// Rows and weights of float32. Each column's products are added in the order of the inputs.

/// Bias and exact GELU, or the bias alone, of `rows` rows of one panel.
static void f32_finish(const kernels_packed_weights *w, size_t first, size_t rows, float *out, size_t out_stride) {
    const kernels_rows_table *kernels = kernels_rows_best();
    size_t columns = w->n - first < KERNELS_PANEL ? w->n - first : KERNELS_PANEL;
    for (size_t r = 0; r < rows; r++, out += out_stride) {
        if (w->activation == KERNELS_ACTIVATION_GELU)
            kernels->bias_gelu(out + first, w->bias + first, 1, columns);
        else
            for (size_t c = first; c < first + columns; c++) out[c] += w->bias[c];
    }
}

static void product_f32_scalar(
    const float *a, size_t stride, size_t rows, const kernels_packed_weights *w, float *out, size_t out_stride) {
    size_t panel_size = KERNELS_PANEL * products_padded(w->k, KERNELS_GROUP);
    for (size_t r = 0; r < rows; r++, a += stride, out += out_stride) {
        const float *panel = w->panels;
        for (size_t first = 0; first < w->n; first += KERNELS_PANEL, panel += panel_size) {
            float sums[KERNELS_PANEL] = {0};
            for (size_t i = 0; i < w->k; i++)
                for (size_t c = 0; c < KERNELS_PANEL; c++) sums[c] += a[i] * panel[i * KERNELS_PANEL + c];
            for (size_t c = 0; c < KERNELS_PANEL && first + c < w->n; c++) out[first + c] = sums[c];
            f32_finish(w, first, 1, out, out_stride);
        }
    }
}

#if defined(__x86_64__)

/// `ROWS` rows of sixteen columns of a panel, in registers of eight.
#define F32_TILE_AVX2(ROWS)                                                                                         \
    TARGET_PRODUCTS_AVX2 static void f32_tile_avx2_##ROWS(                                                          \
        const float *a, size_t stride, const float *columns, const kernels_packed_weights *w, size_t first,         \
        float *out, size_t out_stride) {                                                                            \
        __m256 sums[ROWS][2];                                                                                       \
        UNROLLED for (int r = 0; r < ROWS; r++) sums[r][0] = sums[r][1] = _mm256_setzero_ps();                      \
        for (size_t i = 0; i < w->k; i++, columns += KERNELS_PANEL) {                                               \
            __m256 w0 = _mm256_loadu_ps(columns), w1 = _mm256_loadu_ps(columns + 8);                                \
            UNROLLED for (int r = 0; r < ROWS; r++) {                                                               \
                __m256 x = _mm256_set1_ps(a[(size_t)r * stride + i]);                                               \
                sums[r][0] = _mm256_fmadd_ps(x, w0, sums[r][0]);                                                    \
                sums[r][1] = _mm256_fmadd_ps(x, w1, sums[r][1]);                                                    \
            }                                                                                                       \
        }                                                                                                           \
        UNROLLED for (int r = 0; r < ROWS; r++, out += out_stride) {                                                \
            float results[16];                                                                                      \
            _mm256_storeu_ps(results, sums[r][0]);                                                                  \
            _mm256_storeu_ps(results + 8, sums[r][1]);                                                              \
            size_t left = w->n - first < 16 ? w->n - first : 16;                                                    \
            memcpy(out + first, results, left * sizeof(float));                                                     \
        }                                                                                                           \
    }
PRODUCTS_TILES(F32_TILE_AVX2)

TARGET_PRODUCTS_AVX2 static void product_f32_avx2(
    const float *a, size_t stride, size_t rows, const kernels_packed_weights *w, float *out, size_t out_stride) {
    size_t panel_size = KERNELS_PANEL * products_padded(w->k, KERNELS_GROUP);
    for (size_t first = 0; first < w->n; first += 16) {
        const float *columns =
            (const float *)w->panels + first / KERNELS_PANEL * panel_size + first % KERNELS_PANEL;
#define TILE(ROWS) f32_tile_avx2_##ROWS(a + r * stride, stride, columns, w, first, out + r * out_stride, out_stride)
        PRODUCTS_EACH_TILE(rows)
#undef TILE
    }
    for (size_t first = 0; first < w->n; first += KERNELS_PANEL) f32_finish(w, first, rows, out, out_stride);
}

/// `ROWS` rows of a panel: as many sums as the registers hold beside the weights.
#define F32_TILE(ROWS)                                                                                              \
    TARGET_PRODUCTS_F32 static void f32_tile_##ROWS(                                                                \
        const float *a, size_t stride, const float *panel, const kernels_packed_weights *w, size_t first,           \
        float *out, size_t out_stride) {                                                                            \
        __m512 sums[ROWS][4];                                                                                       \
        UNROLLED for (int r = 0; r < ROWS; r++)                                                                     \
            UNROLLED for (int c = 0; c < 4; c++) sums[r][c] = _mm512_setzero_ps();                                  \
        for (size_t i = 0; i < w->k; i++, panel += KERNELS_PANEL) {                                                 \
            __m512 w0 = _mm512_loadu_ps(panel), w1 = _mm512_loadu_ps(panel + 16);                                   \
            __m512 w2 = _mm512_loadu_ps(panel + 32), w3 = _mm512_loadu_ps(panel + 48);                              \
            UNROLLED for (int r = 0; r < ROWS; r++) {                                                               \
                __m512 x = _mm512_set1_ps(a[(size_t)r * stride + i]);                                               \
                sums[r][0] = _mm512_fmadd_ps(x, w0, sums[r][0]);                                                    \
                sums[r][1] = _mm512_fmadd_ps(x, w1, sums[r][1]);                                                    \
                sums[r][2] = _mm512_fmadd_ps(x, w2, sums[r][2]);                                                    \
                sums[r][3] = _mm512_fmadd_ps(x, w3, sums[r][3]);                                                    \
            }                                                                                                       \
        }                                                                                                           \
        UNROLLED for (int c = 0; c < 4; c++) {                                                                      \
            size_t column = first + 16 * (size_t)c;                                                                 \
            if (column >= w->n) continue;                                                                           \
            __mmask16 mask = w->n - column < 16 ? (__mmask16)((1u << (w->n - column)) - 1) : 0xffff;                \
            UNROLLED for (int r = 0; r < ROWS; r++)                                                                 \
                _mm512_mask_storeu_ps(out + (size_t)r * out_stride + column, mask, sums[r][c]);                     \
        }                                                                                                           \
    }
PRODUCTS_TILES(F32_TILE)

TARGET_PRODUCTS_F32 static void product_f32_avx512(
    const float *a, size_t stride, size_t rows, const kernels_packed_weights *w, float *out, size_t out_stride) {
    size_t panel_size = KERNELS_PANEL * products_padded(w->k, KERNELS_GROUP);
    const float *panel = w->panels;
    for (size_t first = 0; first < w->n; first += KERNELS_PANEL, panel += panel_size) {
#define TILE(ROWS)                                                                                                  \
    f32_tile_##ROWS(a + r * stride, stride, panel, w, first, out + r * out_stride, out_stride);                     \
    f32_finish(w, first, ROWS, out + r * out_stride, out_stride)
        PRODUCTS_EACH_TILE(rows)
#undef TILE
    }
}

#endif

void products_fill_f32(ck_level level, kernels_products_table *table) {
    table->product_f32 = product_f32_scalar;
#if defined(__x86_64__)
    if (level == CK_LEVEL_AVX2) table->product_f32 = product_f32_avx2;
    if (level == CK_LEVEL_AVX512) table->product_f32 = product_f32_avx512;
#endif
}
