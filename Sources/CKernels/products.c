#include <math.h>
#include <string.h>

#include "products_families.h"

size_t kernels_packed_bytes(size_t n, size_t k, size_t element_bytes) {
    return products_padded(n, KERNELS_PANEL) * products_padded(k, KERNELS_GROUP) * element_bytes;
}

void kernels_pack_bytes(
    const float *w, const float *factors, size_t n, size_t k, int8_t *panels, float *scales, int32_t *sums) {
    memset(panels, 0, kernels_packed_bytes(n, k, 1));
    size_t panel_bytes = KERNELS_PANEL * products_padded(k, KERNELS_GROUP);
    for (size_t c = 0; c < n; c++, w += k) {
        float largest = 0;
        for (size_t i = 0; i < k; i++) largest = fmaxf(largest, fabsf(w[i] / factors[i]));
        float scale = largest / 127, inverse = products_inverse(scale);
        int8_t *column = panels + c / KERNELS_PANEL * panel_bytes + c % KERNELS_PANEL * 4;
        int32_t sum = 0;
        for (size_t i = 0; i < k; i++) {
            // The magic number rounds to nearest, ties to even.
            int32_t step = (int32_t)((w[i] / factors[i] * inverse + 12582912.0f) - 12582912.0f);
            column[i / 4 * 4 * KERNELS_PANEL + i % 4] = (int8_t)step;
            sum += step;
        }
        scales[c] = scale;
        sums[c] = sum;
    }
}

void kernels_pack_bf16(const float *w, size_t n, size_t k, uint16_t *panels) {
    memset(panels, 0, kernels_packed_bytes(n, k, 2));
    size_t panel = KERNELS_PANEL * products_padded(k, KERNELS_GROUP);
    for (size_t c = 0; c < n; c++, w += k) {
        uint16_t *column = panels + c / KERNELS_PANEL * panel + c % KERNELS_PANEL * 2;
        for (size_t i = 0; i < k; i++) column[i / 2 * 2 * KERNELS_PANEL + i % 2] = products_bf16(w[i]);
    }
}

void kernels_pack_f32(const float *w, size_t n, size_t k, float *panels) {
    memset(panels, 0, kernels_packed_bytes(n, k, 4));
    size_t panel = KERNELS_PANEL * products_padded(k, KERNELS_GROUP);
    for (size_t c = 0; c < n; c++, w += k) {
        float *column = panels + c / KERNELS_PANEL * panel + c % KERNELS_PANEL;
        for (size_t i = 0; i < k; i++) column[i * KERNELS_PANEL] = w[i];
    }
}

kernels_products_table kernels_products_at(ck_level level) {
    if (!ck_level_is_available(level)) level = CK_LEVEL_SCALAR;
    kernels_products_table table;
    products_fill_bytes(level, &table);
    products_fill_bf16(level, &table);
    products_fill_f32(level, &table);
    return table;
}
