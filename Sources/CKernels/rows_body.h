// The row kernels, written once over vectors of LANES floats. rows.c includes this text once for each level, with
// ROWS(name) giving the level's names and LANES the width of its registers.
// No include guard: it is meant to be included several times.

typedef float ROWS(vector) __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t ROWS(integers) __attribute__((vector_size(LANES * sizeof(int32_t))));
#define V ROWS(vector)
#define VI ROWS(integers)

static inline V ROWS(load)(const float *p) {
    V v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

static inline void ROWS(store)(float *p, V v) { __builtin_memcpy(p, &v, sizeof v); }

static inline V ROWS(load_part)(const float *p, size_t count, float filler) {
    V v = filler - (V){0};
    __builtin_memcpy(&v, p, count * sizeof(float));
    return v;
}

static inline void ROWS(store_part)(float *p, V v, size_t count) { __builtin_memcpy(p, &v, count * sizeof(float)); }

static inline float ROWS(sum)(V v) {
    float s = 0;
    for (int i = 0; i < LANES; i++) s += v[i];
    return s;
}

// exp(x) for x <= 88: x = n ln 2 + r with |r| <= ln 2 / 2, then 2^n times the Taylor polynomial of degree 6 in r
// (truncation below 1.3e-7 relative). Adding 1.5 * 2^23 rounds to the nearest whole number and leaves it in the low
// bits of the mantissa. NaN and infinity give NaN, so that damaged weights show in the result.
static inline V ROWS(exp)(V x) {
    const V magic = 12582912.0f - (V){0};
    V zero_or_nan = x - x;
    x = __builtin_elementwise_max(x, -87.0f - (V){0});
    V shifted = x * 1.44269504088896341f + magic;
    V n = shifted - magic;
    V r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    V p = r * (1.0f / 720) + (1.0f / 120);
    p = p * r + (1.0f / 24);
    p = p * r + (1.0f / 6);
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    VI exponent = (VI)shifted - (VI)magic;
    return (V)((VI)p + (exponent << 23)) + zero_or_nan;
}

// erf(x) = x P(x^2) / Q(x^2) on |x| <= 3.92, constant outside; P and Q of degree 5, fitted by iterated weighted least
// squares (relative error of the fit 1.9e-8; 3.5e-7 absolute in float32).
static inline V ROWS(erf)(V x) {
    const V limit = 3.92f - (V){0};
    x = __builtin_elementwise_max(x, -limit);
    x = __builtin_elementwise_min(x, limit);
    V u = x * x;
    V p = u * 2.0500831396930153e-06f + 0.00028488406678661704f;
    p = p * u + 0.003765663830563426f;
    p = p * u + 0.052748870104551315f;
    p = p * u + 0.19040751457214355f;
    p = p * u + 1.1283791065216064f;
    V q = u * 3.8091740862000734e-05f + 0.0011625473853200674f;
    q = q * u + 0.014969310723245144f;
    q = q * u + 0.11410955339670181f;
    q = q * u + 0.5020769834518433f;
    q = q * u + 1.0f;
    return x * p / q;
}

static inline V ROWS(gelu)(V x) { return x * 0.5f * (ROWS(erf)(x * 0.70710678118654752f) + 1.0f); }

static void ROWS(bias_gelu)(float *x, const float *bias, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++, x += columns) {
        size_t c = 0;
        for (; c + LANES <= columns; c += LANES)
            ROWS(store)(x + c, ROWS(gelu)(ROWS(load)(x + c) + ROWS(load)(bias + c)));
        if (c < columns) {
            size_t left = columns - c;
            V v = ROWS(load_part)(x + c, left, 0) + ROWS(load_part)(bias + c, left, 0);
            ROWS(store_part)(x + c, ROWS(gelu)(v), left);
        }
    }
}

static void ROWS(softmax)(float *x, size_t rows, size_t columns, size_t stride) {
    for (size_t r = 0; r < rows; r++, x += stride) {
        V m = x[0] - (V){0};
        size_t c = 0;
        for (; c + LANES <= columns; c += LANES) m = __builtin_elementwise_max(m, ROWS(load)(x + c));
        size_t left = columns - c;
        if (left) m = __builtin_elementwise_max(m, ROWS(load_part)(x + c, left, x[0]));
        float largest = m[0];
        for (int i = 1; i < LANES; i++) largest = m[i] > largest ? m[i] : largest;

        V sums = {0};
        for (c = 0; c + LANES <= columns; c += LANES) {
            V e = ROWS(exp)(ROWS(load)(x + c) - largest);
            ROWS(store)(x + c, e);
            sums += e;
        }
        float total = ROWS(sum)(sums);
        if (left) {
            V e = ROWS(exp)(ROWS(load_part)(x + c, left, largest) - largest);
            ROWS(store_part)(x + c, e, left);
            for (size_t i = 0; i < left; i++) total += e[i];
        }

        float scale = 1.0f / total;
        for (c = 0; c + LANES <= columns; c += LANES) ROWS(store)(x + c, ROWS(load)(x + c) * scale);
        for (; c < columns; c++) x[c] *= scale;
    }
}

static void ROWS(layer_norm)(float *x, const float *residual, const float *bias, const float *gamma, const float *beta,
                             float epsilon, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++, x += columns) {
        V sums = {0};
        float total = 0;
        size_t c = 0;
        for (; c + LANES <= columns; c += LANES) {
            V v = ROWS(load)(x + c);
            if (residual) v += ROWS(load)(residual + c);
            if (bias) v += ROWS(load)(bias + c);
            ROWS(store)(x + c, v);
            sums += v;
        }
        for (; c < columns; c++) {
            float v = x[c];
            if (residual) v += residual[c];
            if (bias) v += bias[c];
            x[c] = v;
            total += v;
        }
        float mean = (total + ROWS(sum)(sums)) / (float)columns;

        V squares = {0};
        float variance = 0;
        for (c = 0; c + LANES <= columns; c += LANES) {
            V d = ROWS(load)(x + c) - mean;
            squares += d * d;
        }
        for (; c < columns; c++) variance += (x[c] - mean) * (x[c] - mean);
        variance = (variance + ROWS(sum)(squares)) / (float)columns;

        float scale = 1.0f / sqrtf(variance + epsilon);
        for (c = 0; c + LANES <= columns; c += LANES) {
            V v = (ROWS(load)(x + c) - mean) * scale;
            ROWS(store)(x + c, v * ROWS(load)(gamma + c) + ROWS(load)(beta + c));
        }
        for (; c < columns; c++) x[c] = (x[c] - mean) * scale * gamma[c] + beta[c];
        if (residual) residual += columns;
    }
}

static void ROWS(mean)(const float *x, size_t rows, size_t columns, float *out) {
    float scale = 1.0f / (float)rows;
    size_t c = 0;
    for (; c + LANES <= columns; c += LANES) {
        V sums = {0};
        for (size_t r = 0; r < rows; r++) sums += ROWS(load)(x + r * columns + c);
        ROWS(store)(out + c, sums * scale);
    }
    for (; c < columns; c++) {
        float total = 0;
        for (size_t r = 0; r < rows; r++) total += x[r * columns + c];
        out[c] = total * scale;
    }
}

static float ROWS(unit_length)(float *x, size_t count) {
    V squares = {0};
    float total = 0;
    size_t c = 0;
    for (; c + LANES <= count; c += LANES) {
        V v = ROWS(load)(x + c);
        squares += v * v;
    }
    for (; c < count; c++) total += x[c] * x[c];
    float norm = sqrtf(total + ROWS(sum)(squares));
    if (!(norm > 0) || norm > FLT_MAX) return norm;
    float scale = 1.0f / norm;
    for (c = 0; c + LANES <= count; c += LANES) ROWS(store)(x + c, ROWS(load)(x + c) * scale);
    for (; c < count; c++) x[c] *= scale;
    return norm;
}

static void ROWS(add3)(float *out, const float *a, const float *b, const float *d, size_t columns) {
    size_t c = 0;
    for (; c + LANES <= columns; c += LANES)
        ROWS(store)(out + c, ROWS(load)(a + c) + ROWS(load)(b + c) + ROWS(load)(d + c));
    for (; c < columns; c++) out[c] = a[c] + b[c] + d[c];
}

static void ROWS(fill_rows)(float *x, const float *bias, size_t rows, size_t columns, size_t stride) {
    for (size_t r = 0; r < rows; r++) __builtin_memcpy(x + r * stride, bias, columns * sizeof(float));
}

static const kernels_rows_table ROWS(table) = {
    ROWS(bias_gelu), ROWS(softmax), ROWS(layer_norm), ROWS(mean),
    ROWS(unit_length), ROWS(add3), ROWS(fill_rows), ROWS_NAME,
};

#undef V
#undef VI
#undef ROWS
#undef ROWS_NAME
#undef LANES
