#ifndef KERNELS_ROWS_H
#define KERNELS_ROWS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Row kernels of a transformer in float32: bias + GELU, softmax, layer norm, pooling.
///
/// Matrices are row-major. `rows` and `columns` may be 0 unless said otherwise; any number of columns is allowed (tails
/// are handled inside). Pointers need float alignment only. Outputs may not overlap inputs except where one argument is
/// both. Nothing allocates, nothing keeps state: the functions may be called from any thread.
///
/// Errors against exact arithmetic, for every level: exp 3e-7 relative; GELU 3e-7 * (1 + |x|) absolute;
/// sums are taken in 4, 8 or 16 partial sums. Levels differ from one another only by rounding.
typedef struct {
    /// x[r, c] = gelu(x[r, c] + bias[c]) with gelu(v) = v/2 * (1 + erf(v / sqrt 2)), the exact form of BERT.
    void (*_Nonnull bias_gelu)(float *_Nonnull x, const float *_Nonnull bias, size_t rows, size_t columns);

    /// Each row becomes exp(x - max) / sum. `stride` >= `columns` floats from row to row; `columns` >= 1. A row with NaN
    /// or infinity becomes NaN.
    void (*_Nonnull softmax)(float *_Nonnull x, size_t rows, size_t columns, size_t stride);

    /// x[r] = layer_norm(x[r] + residual[r] + bias) * gamma + beta, with the biased variance and `epsilon` under the
    /// square root. `residual` and `bias` may be NULL (taken as 0). `columns` >= 1.
    void (*_Nonnull layer_norm)(float *_Nonnull x, const float *_Nullable residual, const float *_Nullable bias,
                                const float *_Nonnull gamma, const float *_Nonnull beta, float epsilon, size_t rows,
                                size_t columns);

    /// out[c] = mean over r of x[r, c]; `rows` >= 1.
    void (*_Nonnull mean)(const float *_Nonnull x, size_t rows, size_t columns, float *_Nonnull out);

    /// Divides x by its L2 norm and returns the norm. A norm of 0 or one that is not finite leaves x as it is.
    float (*_Nonnull unit_length)(float *_Nonnull x, size_t count);

    /// out[c] = a[c] + b[c] + d[c]: the sum of word, position and type embedding.
    void (*_Nonnull add3)(float *_Nonnull out, const float *_Nonnull a, const float *_Nonnull b,
                          const float *_Nonnull d, size_t columns);

    /// Each row of x becomes `bias`. `stride` >= `columns` floats from row to row.
    void (*_Nonnull fill_rows)(float *_Nonnull x, const float *_Nonnull bias, size_t rows, size_t columns,
                               size_t stride);

    /// Name of the level: "baseline", "AVX2" or "AVX-512".
    const char *_Nonnull name;
} kernels_rows_table;

/// How many levels this build knows; 0 is the baseline of the architecture.
int kernels_rows_level_count(void);

/// The table of one level, or NULL when this CPU cannot run it or the number is unknown.
const kernels_rows_table *_Nullable kernels_rows_at_level(int level);

/// The table of the highest level that this CPU can run.
const kernels_rows_table *_Nonnull kernels_rows_best(void);

/// Index of the first value that is NaN or infinite; `count` when there is none.
size_t kernels_first_not_finite(const float *_Nonnull x, size_t count);

#ifdef __cplusplus
}
#endif

#endif
