#include <string.h>

#include "families.h"

static void copy_to_row(const float *in, void *out, size_t n) { memcpy(out, in, n * sizeof(float)); }

static void copy_from_row(const void *in, float *out, size_t n) { memcpy(out, in, n * sizeof(float)); }

ck_row_kernels ck_row_kernels_at(ck_level level, ck_row_format format) {
    if (format != CK_ROWS_FLOAT32) return ck_half_kernels(level, format);
    if (!ck_level_is_available(level)) level = CK_LEVEL_SCALAR;
    return (ck_row_kernels){
        .dot = ck_dot_float32(level),
        .l2 = ck_l2_float32(level),
        .narrow = copy_to_row,
        .widen = copy_from_row,
    };
}
