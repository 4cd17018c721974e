#pragma once

#include <stddef.h>

#include "kernels_level.h"

#pragma clang assume_nonnull begin

/// One head of one sequence: context = softmax(queries · keysᵀ · scale) · values, with products of bfloat16 and sums in
/// float32.
///
/// Queries, keys and values are (length, head_size), rows `stride` floats apart; context rows lie `context_stride` floats
/// apart. `scratch` holds kernels_attention_scratch_bytes. `length` and `head_size` are at least 1.
typedef void (*kernels_attention)(
    const float *queries, const float *keys, const float *values, size_t stride, size_t length, size_t head_size,
    float scale, float *context, size_t context_stride, void *scratch);

size_t kernels_attention_scratch_bytes(size_t length, size_t head_size);

/// The kernel of `level`; NULL where the level or the CPU has no products of bfloat16.
kernels_attention _Nullable kernels_attention_at(ck_level level);

#pragma clang assume_nonnull end
