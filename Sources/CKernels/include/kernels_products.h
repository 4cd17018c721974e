#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels_level.h"

#pragma clang assume_nonnull begin

// Products with weights that were packed once: out (rows, n) = activation(a (rows, k) · wᵀ + bias), w (n, k), bias (n).
//
// Packed weights lie in panels of KERNELS_PANEL columns of the output. In a panel the inputs come in groups of 4 (bytes),
// 2 (bfloat16) or 1 (float32); a group holds that many inputs of every column, column by column: what one instruction
// takes, in the order in which the kernel reads. n is filled up with columns of zeros to whole panels, k with inputs of
// zeros to whole KERNELS_GROUP. The layout is the same at all levels.

enum { KERNELS_PANEL = 64, KERNELS_GROUP = 4 };

/// What becomes of each sum once its bias is added. GELU is exact to 1e-6 in float32, to 1e-4 in fewer bits.
typedef enum { KERNELS_ACTIVATION_NONE, KERNELS_ACTIVATION_GELU } kernels_activation;

typedef struct {
    const void *panels;          ///< starts a cache line; int8_t, bfloat16 or float, padded n times padded k
    const float *bias;           ///< n
    const float *_Nullable scales;  ///< bytes: n, what a step of a column's weights stands for
    const int32_t *_Nullable sums;  ///< bytes: n, the sum of a column's weights
    size_t n;
    size_t k;
    kernels_activation activation;
} kernels_packed_weights;

typedef struct {
    /// Rows to bytes: a[r, i] * factors[i] (1 where NULL) ≈ scales[r] * (out[r, i] - zeros[r]), over the range of the row,
    /// which is widened to take in 0; 0 becomes zeros[r]. `stride` bytes from row to row, at least k; what lies between is
    /// not written. The scale of a row that holds NaN or infinity is NaN.
    void (*quantise_rows)(
        const float *a, const float *_Nullable factors, size_t rows, size_t k, uint8_t *out, size_t stride, float *scales,
        int32_t *zeros);

    /// The product of rows of bytes with weights of bytes, summed up in whole numbers (exact for k < 65,000): the same
    /// sums at every level. Rows of `a` hold whole groups; those of `out` n floats, `out_stride` apart.
    void (*product_u8)(
        const uint8_t *a, size_t stride, const float *scales, const int32_t *zeros, size_t rows,
        const kernels_packed_weights *w, float *out, size_t out_stride);

    /// Floats to the nearest bfloat16, ties to even. `stride` elements from row to row, at least k rounded up to a pair,
    /// which is filled up with 0.
    void (*round_rows)(const float *a, size_t rows, size_t k, uint16_t *out, size_t stride);

    /// The product of bfloat16 rows and weights, summed up in float32.
    void (*product_bf16)(
        const uint16_t *a, size_t stride, size_t rows, const kernels_packed_weights *w, float *out, size_t out_stride);

    /// The product of float32 rows and weights.
    void (*product_f32)(
        const float *a, size_t stride, size_t rows, const kernels_packed_weights *w, float *out, size_t out_stride);

    /// Whether one instruction multiplies and adds bytes (VNNI), which makes bytes faster than floats.
    bool has_byte_instructions;
} kernels_products_table;

/// The kernels of `level`, or those of scalar where the CPU lacks it. At CK_LEVEL_AVX512 a CPU without VNNI or BF16 gets
/// the bytes' or bfloat16's kernels of AVX2.
kernels_products_table kernels_products_at(ck_level level);

/// Bytes of the panels for weights of `element_bytes` (1, 2 or 4) bytes.
size_t kernels_packed_bytes(size_t n, size_t k, size_t element_bytes);

/// Packs w (n, k), row-major, divided by the factor of each input, as bytes: per column the step is the largest magnitude
/// / 127. `panels` are written whole.
void kernels_pack_bytes(
    const float *w, const float *factors, size_t n, size_t k, int8_t *panels, float *scales, int32_t *sums);

/// Packs w (n, k), row-major, as bfloat16. `panels` are written whole.
void kernels_pack_bf16(const float *w, size_t n, size_t k, uint16_t *panels);

/// Packs w (n, k), row-major, as it is. `panels` are written whole.
void kernels_pack_f32(const float *w, size_t n, size_t k, float *panels);

#pragma clang assume_nonnull end
