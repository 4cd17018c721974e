#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels_level.h"

#pragma clang assume_nonnull begin

/// How the components of a row are written.
typedef enum {
    CK_ROWS_FLOAT32 = 0,
    CK_ROWS_BFLOAT16 = 1,  ///< the upper half of a float32
    CK_ROWS_FLOAT16 = 2,   ///< the half precision of IEEE 754
} ck_row_format;

/// One number for two vectors of n components each.
typedef float (*ck_pair)(const void *a, const void *b, size_t n);

/// One query of float32 against the rows base + slots[i] * stride, for i < count, in that order; the stride counts
/// components. Rows ahead are prefetched.
typedef void (*ck_gather)(
    const float *query, const void *base, const uint32_t *slots, size_t count, size_t stride, size_t n, float *out);

/// The forms of one kernel for rows of one format.
typedef struct {
    ck_pair query_row;  ///< a is a query of float32, b a row
    ck_pair row_row;
    ck_gather gather;   ///< gives the bits of query_row
} ck_measure;

/// The kernels of one level for rows of one format. Components widen to float32 exactly; sums run in float32.
///
/// dot: the sum of a[i] * b[i].            |result - exact| <= (n + 2) * 2^-23 * sum |a[i] * b[i]| + n * 2^-149
/// l2:  the sum of (a[i] - b[i])^2.        |result - exact| <= (n + 4) * 2^-23 * exact + n * 2^-149
///
/// The bounds hold as long as no intermediate sum overflows; they are those of any order of summation in float32.
/// Within a level a kernel returns the same bits for the same pair, n for n; levels differ in rounding.
/// NaN and infinity propagate as IEEE 754 says.
typedef struct {
    ck_measure dot, l2;
    /// out[i] = in[i] rounded to the format, ties to even, with the same bits at every level. What rounds beyond the
    /// largest finite number (65,504 in float16) becomes infinity; NaN becomes a quiet NaN of the same sign and leading
    /// bits. Rows of float32 are copied as they are.
    void (*narrow)(const float *in, void *out, size_t n);
    /// out[i] = in[i] as float32, exact and with the same bits at every level. A NaN of float16 becomes quiet.
    void (*widen)(const void *in, float *out, size_t n);
} ck_row_kernels;

/// The kernels of `level`, or those of scalar where the CPU lacks it. For 16-bit rows at CK_LEVEL_AVX512 a CPU without
/// VNNI or VPOPCNTDQ gets those of AVX2.
ck_row_kernels ck_row_kernels_at(ck_level level, ck_row_format format);

#pragma clang assume_nonnull end
