#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "kernels_level.h"

#pragma clang assume_nonnull begin

/// Attention of one head of one sequence.
typedef struct {
    /// context = softmax(queries · keysᵀ · scale) · values, sums in float32.
    ///
    /// Queries are (query_count, head_size), keys and values (length, head_size), rows `stride` floats apart; context rows
    /// lie `context_stride` floats apart. `scratch` holds scratch_bytes. All counts are at least 1.
    void (*_Nullable apply)(
        const float *queries, size_t query_count, const float *keys, const float *values, size_t stride, size_t length,
        size_t head_size, float scale, float *context, size_t context_stride, void *scratch);
    size_t (*_Nullable scratch_bytes)(size_t length, size_t head_size);
} kernels_attention;

/// The kernel of `level` with products of bfloat16 (`halves`) or float32; its functions are NULL where the level or the
/// CPU has none.
kernels_attention kernels_attention_at(ck_level level, bool halves);

#pragma clang assume_nonnull end
