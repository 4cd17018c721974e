#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels_level.h"

#pragma clang assume_nonnull begin

/// One query against one row: a and b hold n floats each.
typedef float (*ck_pair_f32)(const float *a, const float *b, size_t n);

/// One query against `count` rows that lie `stride` floats apart (stride >= n): out[i] is the value for row i.
typedef void (*ck_rows_f32)(
    const float *query, const float *rows, size_t count, size_t stride, size_t n, float *out);

/// One query against the rows base + slots[i] * stride, for i < count, in that order. Rows ahead are prefetched.
typedef void (*ck_gather_f32)(
    const float *query, const float *base, const uint32_t *slots, size_t count, size_t stride, size_t n, float *out);

/// The distance kernels of one level.
///
/// dot: the sum of a[i] * b[i].            |result - exact| <= (n + 2) * 2^-23 * sum |a[i] * b[i]| + n * 2^-149
/// l2:  the sum of (a[i] - b[i])^2.        |result - exact| <= (n + 4) * 2^-23 * exact + n * 2^-149
///
/// The bounds hold as long as no intermediate sum overflows; they are those of any order of summation in float32.
/// Within a level the three forms of a kernel return the same bits for the same pair, n for n; levels differ in rounding.
/// NaN and infinity propagate as IEEE 754 says.
typedef struct {
    ck_pair_f32 dot;
    ck_pair_f32 l2;
    ck_rows_f32 dot_rows;
    ck_rows_f32 l2_rows;
    ck_gather_f32 dot_gather;
    ck_gather_f32 l2_gather;
} ck_distance_kernels;

/// The kernels of `level`, or those of scalar where the CPU lacks it.
ck_distance_kernels ck_distance_kernels_at(ck_level level);

#pragma clang assume_nonnull end
