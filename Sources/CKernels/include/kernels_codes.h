#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels_level.h"

#pragma clang assume_nonnull begin

// Vectors as short codes, and what goes with them: scores by code, rotation, quantisation, encoding.
//
// D is the dimension padded to a multiple of 64, D <= 4096. The record of a vector is `stride_bytes` long, a multiple
// of 64: the code, then zeros, then the trailer in the last 16 bytes. Records that start on a 64-byte boundary are read
// fastest; none is required. Bytes are little-endian. The codes:
//
// - one bit     D / 64 words of 64 bits; component j is bit j % 64 of word j / 64. 64 bytes a record at D = 384.
// - four bits   D / 2 bytes, components of 0...15. 64 bytes hold 128 of them: 0...63 in the low nibbles, 64...127 in
//               the high ones. A last half group of 64 has 32 bytes: 0...31 in the low nibbles, 32...63 in the high.
// - eight bits  D bytes, each the component + 128.

/// The last 16 bytes of a record.
typedef struct {
    float scale;
    float bias;
    uint16_t zero;        ///< 0, reserved
    uint16_t population;  ///< how many bits of a one-bit code are set
    uint32_t reserved;    ///< 0
} kernels_code_trailer;

/// A query made ready for the records of one kind of code.
///
/// The score of a record is, in float32, rounded after each operation and in this order,
///
///     (constant + bias) + scale * ((alpha * I + beta * population) + gamma)
///
/// where I is the exact whole number that the kind of code defines:
///
/// - one bit            I = the sum over b of 2^b * popcount(code AND plane b); each plane has stride_bytes / 8 words,
///                      zero from word D / 64 on, and the four planes follow one another.
/// - four, eight bits   I = the sum of u[j] * values[j], u[j] the unsigned component of the code.
typedef struct {
    const uint64_t *_Nullable planes;  ///< one bit: 4 * stride_bytes / 8 words
    const int8_t *_Nullable values;    ///< four and eight bits: D numbers
    size_t dimension;                  ///< D
    float constant, alpha, beta, gamma;
} kernels_code_query;

/// Scores the records codes + slots[i] * stride_bytes, i < count: out[i] belongs to slots[i]. Prefetches nothing: the
/// caller has asked for the lines.
typedef void (*kernels_score)(
    const kernels_code_query *query, const uint8_t *codes, size_t stride_bytes, const uint32_t *slots, size_t count,
    float *out);

/// What one pass over a vector tells. Sums carry an error of at most
/// (n / 16 + 6) * 2^-24 * the sum of magnitudes + n * 2^-149.
typedef struct {
    float min, max;      ///< +infinity and -infinity when n is 0
    float sum;
    float absolute_max;
    float squared_norm;
} kernels_statistics;

/// What encoding to one bit leaves: norms of the residual and how many bits are set. Errors as in kernels_statistics.
typedef struct {
    float l1_norm;
    float squared_norm;
    uint32_t population;
} kernels_one_bit_encoding;

/// What encoding x to the points y leaves; y[j] is u[j] - 7.5 of four bits, u[j] - 128 of eight. The scale f with
/// <x, f y> = <x, x> is squared_norm / dot. Errors as in kernels_statistics.
typedef struct {
    float dot;           ///< the sum of x[j] * y[j]
    float squared_norm;  ///< of x
} kernels_encoding;

/// The kernels of one level.
///
/// Scores, integers, quantised numbers, codes and all sums that come with them have the same bits at every level, so
/// that records and searches by code are the same on every machine. Only rotation differs by rounding.
typedef struct {
    kernels_score score_one_bit;
    kernels_score score_four_bit;
    kernels_score score_eight_bit;

    /// Each block of 64 floats becomes Q times the block. `transposed` holds the 64 x 64 matrix Q by columns:
    /// transposed[64 * j + i] = Q[i, j]. |result - exact| <= 66 * 2^-23 * the sum of |Q[i, j] * in[j]| for each output.
    void (*rotate_blocks)(const float *in, float *out, size_t blocks, const float *transposed);

    /// NaN is skipped by min, max and absolute_max and makes the sums NaN. A zero may have either sign.
    kernels_statistics (*statistics)(const float *in, size_t n);
    /// out[i] = in[i] * inverse_scale rounded (ties to even) and clamped to -127...127, NaN to -127. Returns the sum
    /// of out.
    int32_t (*quantise_signed)(const float *in, size_t n, float inverse_scale, int8_t *out);
    /// u[i] = (in[i] - low) * inverse_step rounded (ties to even) and clamped to 0...15, NaN to 0; bit b of u[i] goes
    /// to bit i % 64 of planes[b * words_per_plane + i / 64], all other bits become 0. words_per_plane >= ceil(n / 64).
    void (*quantise_planes)(
        const float *in, size_t n, float low, float inverse_step, uint64_t *planes, size_t words_per_plane);

    /// Sets bit i where residual[i] > 0, clears it elsewhere; writes 8 * ceil(n / 64) bytes.
    kernels_one_bit_encoding (*encode_one_bit)(const float *residual, size_t n, uint8_t *out);
    /// u = floor(x * inverse_scale + 8) clamped to 0...15, NaN to 0; n is a multiple of 64; writes n / 2 bytes.
    kernels_encoding (*encode_four_bit)(const float *x, size_t n, float inverse_scale, uint8_t *out);
    /// u = 128 + x * inverse_scale rounded (ties to even) and clamped to -127...127, NaN to -127; writes n bytes.
    kernels_encoding (*encode_eight_bit)(const float *x, size_t n, float inverse_scale, uint8_t *out);
} kernels_codes_table;

/// The kernels of `level`, or those of scalar where the CPU lacks it. At CK_LEVEL_AVX512 a CPU without VNNI or
/// VPOPCNTDQ gets those of AVX2.
kernels_codes_table kernels_codes_at(ck_level level);

/// Asks for the cache lines of `bytes` bytes from an address that starts a line. Never faults.
static inline __attribute__((always_inline)) void kernels_prefetch_lines(const void *address, size_t bytes) {
    for (size_t offset = 0; offset < bytes; offset += 64) __builtin_prefetch((const char *)address + offset);
}

#pragma clang assume_nonnull end
