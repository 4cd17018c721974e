#include "products_families.h"

// Rows of unsigned bytes times weights of signed bytes. What the zero of a row adds, zero * (sum of the column), is taken
// off the whole sum; then steps become floats.

ALWAYS_INLINE float bytes_finish(
    int32_t whole, int32_t zero, float scale, const kernels_packed_weights *w, size_t column) {
    return (float)(whole - zero * w->sums[column]) * (scale * w->scales[column]) + w->bias[column];
}

ALWAYS_INLINE void quantise_row(
    const float *a, const float *_Nullable factors, size_t k, uint8_t *out, float *row_scale, int32_t *row_zero) {
    // A product and a sum fused into one would round otherwise than the other levels do.
#pragma STDC FP_CONTRACT OFF
#define INPUT(i) (factors ? a[i] * factors[i] : a[i])
    float low = 0, high = 0, poison = 0;
    for (size_t i = 0; i < k; i++) {
        float x = INPUT(i);
        low = x < low ? x : low;
        high = x > high ? x : high;
        poison += x - x;
    }
    float scale = (high - low) / 255 + poison, inverse = products_inverse(scale);
    float zero = (-low * inverse + 12582912.0f) - 12582912.0f;
    for (size_t i = 0; i < k; i++) {
        float step = ((INPUT(i) * inverse + 12582912.0f) - 12582912.0f) + zero;
        out[i] = (uint8_t)(step > 255 ? 255 : step > 0 ? step : 0);
    }
#undef INPUT
    *row_scale = scale;
    *row_zero = zero > 0 ? (int32_t)zero : 0;
}

static void quantise_rows_scalar(
    const float *a, const float *_Nullable factors, size_t rows, size_t k, uint8_t *out, size_t stride, float *scales,
    int32_t *zeros) {
    for (size_t r = 0; r < rows; r++) quantise_row(a + r * k, factors, k, out + r * stride, scales + r, zeros + r);
}

static void product_u8_scalar(
    const uint8_t *a, size_t stride, const float *scales, const int32_t *zeros, size_t rows,
    const kernels_packed_weights *w, float *out, size_t out_stride) {
    size_t k = products_padded(w->k, KERNELS_GROUP);
    for (size_t r = 0; r < rows; r++, a += stride, out += out_stride) {
        const int8_t *panel = w->panels;
        for (size_t first = 0; first < w->n; first += KERNELS_PANEL) {
            int32_t sums[KERNELS_PANEL] = {0};
            for (size_t i = 0; i < k; i += 4, panel += 4 * KERNELS_PANEL)
                for (size_t c = 0; c < KERNELS_PANEL; c++)
                    for (size_t j = 0; j < 4; j++) sums[c] += (int32_t)a[i + j] * panel[4 * c + j];
            for (size_t c = 0; c < KERNELS_PANEL && first + c < w->n; c++)
                out[first + c] = bytes_finish(sums[c], zeros[r], scales[r], w, first + c);
            products_activate(w, first, 1, out, out_stride);
        }
    }
}

#if defined(__x86_64__)

// The same text, which the compiler turns into vectors of this level.
TARGET_PRODUCTS_AVX2 static void quantise_rows_avx2(
    const float *a, const float *_Nullable factors, size_t rows, size_t k, uint8_t *out, size_t stride, float *scales,
    int32_t *zeros) {
    for (size_t r = 0; r < rows; r++) quantise_row(a + r * k, factors, k, out + r * stride, scales + r, zeros + r);
}

// Sixteen columns at a time: bytes are widened to 16 bits, whose pairs one instruction multiplies and adds without
// saturation, unlike that for bytes. Two sums a column, added in the end.
TARGET_PRODUCTS_AVX2 static void product_u8_avx2(
    const uint8_t *a, size_t stride, const float *scales, const int32_t *zeros, size_t rows,
    const kernels_packed_weights *w, float *out, size_t out_stride) {
    enum { COLUMNS = 16 };
    size_t k = products_padded(w->k, KERNELS_GROUP), panel_bytes = KERNELS_PANEL * k;
    for (size_t first = 0; first < w->n; first += COLUMNS) {
        const int8_t *columns =
            (const int8_t *)w->panels + first / KERNELS_PANEL * panel_bytes + first % KERNELS_PANEL * 4;
        for (size_t r = 0; r < rows; r++) {
            const uint8_t *row = a + r * stride;
            __m256i sums[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                               _mm256_setzero_si256()};
            for (size_t i = 0; i < k; i += 4) {
                int32_t four;
                memcpy(&four, row + i, sizeof four);
                __m256i x = _mm256_cvtepu8_epi16(_mm_set1_epi32(four));
                const int8_t *group = columns + i * KERNELS_PANEL;
                for (int part = 0; part < 4; part++) {
                    __m256i y = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(group + 16 * part)));
                    sums[part] = _mm256_add_epi32(sums[part], _mm256_madd_epi16(x, y));
                }
            }
            int32_t pairs[4 * 8];
            for (int part = 0; part < 4; part++) _mm256_storeu_si256((__m256i *)(pairs + 8 * part), sums[part]);
            for (size_t c = 0; c < COLUMNS && first + c < w->n; c++)
                out[r * out_stride + first + c] =
                    bytes_finish(pairs[2 * c] + pairs[2 * c + 1], zeros[r], scales[r], w, first + c);
        }
    }
    for (size_t first = 0; first < w->n; first += KERNELS_PANEL) products_activate(w, first, rows, out, out_stride);
}

/// Sixteen inputs times their factors, if they have any; those beyond the mask are 0.
TARGET_PRODUCTS_VNNI ALWAYS_INLINE __m512 load_inputs(
    const float *a, const float *_Nullable factors, size_t i, __mmask16 mask) {
    __m512 x = _mm512_maskz_loadu_ps(mask, a + i);
    return factors ? _mm512_mul_ps(x, _mm512_maskz_loadu_ps(mask, factors + i)) : x;
}

TARGET_PRODUCTS_VNNI ALWAYS_INLINE void quantise_row_vnni(
    const float *a, const float *_Nullable factors, size_t k, uint8_t *out, float *row_scale, int32_t *row_zero) {
    __m512 lows = _mm512_setzero_ps(), highs = _mm512_setzero_ps(), poison = _mm512_setzero_ps();
    for (size_t i = 0; i < k; i += 16) {
        __m512 x = load_inputs(a, factors, i, k - i < 16 ? (__mmask16)((1u << (k - i)) - 1) : 0xffff);
        lows = _mm512_min_ps(x, lows);
        highs = _mm512_max_ps(x, highs);
        poison = _mm512_fmadd_ps(x, _mm512_setzero_ps(), poison);
    }
    float low = _mm512_reduce_min_ps(lows), high = _mm512_reduce_max_ps(highs);
    float scale = (high - low) / 255 + _mm512_reduce_add_ps(poison), inverse = products_inverse(scale);
    float zero = (-low * inverse + 12582912.0f) - 12582912.0f;
    *row_scale = scale;
    *row_zero = zero > 0 ? (int32_t)zero : 0;
    __m512i zeroes = _mm512_set1_epi32(*row_zero), floor = _mm512_setzero_si512();
    for (size_t i = 0; i < k; i += 16) {
        __mmask16 mask = k - i < 16 ? (__mmask16)((1u << (k - i)) - 1) : 0xffff;
        __m512 x = _mm512_mul_ps(load_inputs(a, factors, i, mask), _mm512_set1_ps(inverse));
        __m512i steps = _mm512_max_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(x), zeroes), floor);
        _mm512_mask_cvtusepi32_storeu_epi8(out + i, mask, steps);
    }
}

TARGET_PRODUCTS_VNNI static void quantise_rows_vnni(
    const float *a, const float *_Nullable factors, size_t rows, size_t k, uint8_t *out, size_t stride, float *scales,
    int32_t *zeros) {
    if (factors)
        for (size_t r = 0; r < rows; r++)
            quantise_row_vnni(a + r * k, factors, k, out + r * stride, scales + r, zeros + r);
    else
        for (size_t r = 0; r < rows; r++) quantise_row_vnni(a + r * k, NULL, k, out + r * stride, scales + r, zeros + r);
}

/// `ROWS` rows of a panel: as many sums as the registers hold beside the weights.
#define BYTES_TILE(ROWS)                                                                                            \
    TARGET_PRODUCTS_VNNI static void bytes_tile_##ROWS(                                                             \
        const uint8_t *a, size_t stride, const float *scales, const int32_t *zeros, const int8_t *panel,            \
        const kernels_packed_weights *w, size_t first, float *out, size_t out_stride) {                             \
        __m512i sums[ROWS][4];                                                                                      \
        UNROLLED for (int r = 0; r < ROWS; r++)                                                                     \
            UNROLLED for (int c = 0; c < 4; c++) sums[r][c] = _mm512_setzero_si512();                               \
        for (size_t i = 0; i < w->k; i += 4, panel += 4 * KERNELS_PANEL) {                                          \
            __m512i w0 = _mm512_loadu_si512(panel), w1 = _mm512_loadu_si512(panel + 64);                            \
            __m512i w2 = _mm512_loadu_si512(panel + 128), w3 = _mm512_loadu_si512(panel + 192);                     \
            UNROLLED for (int r = 0; r < ROWS; r++) {                                                               \
                int32_t four;                                                                                       \
                memcpy(&four, a + (size_t)r * stride + i, sizeof four);                                             \
                __m512i x = _mm512_set1_epi32(four);                                                                \
                sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], x, w0);                                                \
                sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], x, w1);                                                \
                sums[r][2] = _mm512_dpbusd_epi32(sums[r][2], x, w2);                                                \
                sums[r][3] = _mm512_dpbusd_epi32(sums[r][3], x, w3);                                                \
            }                                                                                                       \
        }                                                                                                           \
        UNROLLED for (int c = 0; c < 4; c++) {                                                                      \
            size_t column = first + 16 * (size_t)c;                                                                 \
            if (column >= w->n) continue;                                                                           \
            __mmask16 mask = w->n - column < 16 ? (__mmask16)((1u << (w->n - column)) - 1) : 0xffff;                \
            __m512 steps = _mm512_maskz_loadu_ps(mask, w->scales + column);                                         \
            __m512 bias = _mm512_maskz_loadu_ps(mask, w->bias + column);                                            \
            __m512i offsets = _mm512_maskz_loadu_epi32(mask, w->sums + column);                                     \
            UNROLLED for (int r = 0; r < ROWS; r++) {                                                               \
                __m512i whole =                                                                                     \
                    _mm512_sub_epi32(sums[r][c], _mm512_mullo_epi32(offsets, _mm512_set1_epi32(zeros[r])));         \
                __m512 scale = _mm512_mul_ps(_mm512_set1_ps(scales[r]), steps);                                     \
                _mm512_mask_storeu_ps(                                                                              \
                    out + (size_t)r * out_stride + column, mask,                                                    \
                    _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), scale, bias));                                       \
            }                                                                                                       \
        }                                                                                                           \
    }
PRODUCTS_TILES(BYTES_TILE)

TARGET_PRODUCTS_VNNI static void product_u8_vnni(
    const uint8_t *a, size_t stride, const float *scales, const int32_t *zeros, size_t rows,
    const kernels_packed_weights *w, float *out, size_t out_stride) {
    size_t panel_bytes = KERNELS_PANEL * products_padded(w->k, KERNELS_GROUP);
    const int8_t *panel = w->panels;
    for (size_t first = 0; first < w->n; first += KERNELS_PANEL, panel += panel_bytes) {
#define TILE(ROWS)                                                                                                  \
    bytes_tile_##ROWS(a + r * stride, stride, scales + r, zeros + r, panel, w, first, out + r * out_stride, out_stride);\
    products_activate(w, first, ROWS, out + r * out_stride, out_stride)
        PRODUCTS_EACH_TILE(rows)
#undef TILE
    }
}

#endif

void products_fill_bytes(ck_level level, kernels_products_table *table) {
    table->has_byte_instructions = false;
#if defined(__x86_64__)
    if (level == CK_LEVEL_AVX512 && __builtin_cpu_supports("avx512vnni")) {
        table->quantise_rows = quantise_rows_vnni;
        table->product_u8 = product_u8_vnni;
        table->has_byte_instructions = true;
        return;
    }
    if (level == CK_LEVEL_AVX512 || level == CK_LEVEL_AVX2) {
        table->quantise_rows = quantise_rows_avx2;
        table->product_u8 = product_u8_avx2;
        return;
    }
#endif
    (void)level;
    table->quantise_rows = quantise_rows_scalar;
    table->product_u8 = product_u8_scalar;
}
