// The kernels of rows of one 16-bit format at one level. half_level_body.h includes this text once for each format,
// with HALF(name) giving the format's names.
// No include guard: it is meant to be included several times.

static float HALF(dot)(const void *a, const void *b, size_t n) {
    const float *query = a;
    const uint16_t *row = b;
    V s0 = {0}, s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        s0 += LEVEL(load)(query + i) * HALF(widen)(row + i);
        s1 += LEVEL(load)(query + i + LANES) * HALF(widen)(row + i + LANES);
        s2 += LEVEL(load)(query + i + 2 * LANES) * HALF(widen)(row + i + 2 * LANES);
        s3 += LEVEL(load)(query + i + 3 * LANES) * HALF(widen)(row + i + 3 * LANES);
    }
    for (; i + LANES <= n; i += LANES) s0 += LEVEL(load)(query + i) * HALF(widen)(row + i);
    float sum = LEVEL(sum)((s0 + s1) + (s2 + s3));
    for (; i < n; i++) sum += query[i] * HALF(value)(row[i]);
    return sum;
}

static float HALF(l2)(const void *a, const void *b, size_t n) {
    const float *query = a;
    const uint16_t *row = b;
    V s0 = {0}, s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        V d0 = LEVEL(load)(query + i) - HALF(widen)(row + i);
        V d1 = LEVEL(load)(query + i + LANES) - HALF(widen)(row + i + LANES);
        V d2 = LEVEL(load)(query + i + 2 * LANES) - HALF(widen)(row + i + 2 * LANES);
        V d3 = LEVEL(load)(query + i + 3 * LANES) - HALF(widen)(row + i + 3 * LANES);
        s0 += d0 * d0;
        s1 += d1 * d1;
        s2 += d2 * d2;
        s3 += d3 * d3;
    }
    for (; i + LANES <= n; i += LANES) {
        V d = LEVEL(load)(query + i) - HALF(widen)(row + i);
        s0 += d * d;
    }
    float sum = LEVEL(sum)((s0 + s1) + (s2 + s3));
    for (; i < n; i++) {
        float d = query[i] - HALF(value)(row[i]);
        sum += d * d;
    }
    return sum;
}

DEFINE_GATHER(HALF(dot_gather), HALF(dot), uint16_t, TARGET_BASE)
DEFINE_GATHER(HALF(l2_gather), HALF(l2), uint16_t, TARGET_BASE)

static float HALF(dot_pair)(const void *x, const void *y, size_t n) {
    const uint16_t *a = x, *b = y;
    V s0 = {0}, s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        s0 += HALF(first)(a + i) * HALF(first)(b + i);
        s1 += HALF(second)(a + i) * HALF(second)(b + i);
        s2 += HALF(first)(a + i + 2 * LANES) * HALF(first)(b + i + 2 * LANES);
        s3 += HALF(second)(a + i + 2 * LANES) * HALF(second)(b + i + 2 * LANES);
    }
    for (; i + LANES <= n; i += LANES) s0 += HALF(widen)(a + i) * HALF(widen)(b + i);
    float sum = LEVEL(sum)((s0 + s1) + (s2 + s3));
    for (; i < n; i++) sum += HALF(value)(a[i]) * HALF(value)(b[i]);
    return sum;
}

static float HALF(l2_pair)(const void *x, const void *y, size_t n) {
    const uint16_t *a = x, *b = y;
    V s0 = {0}, s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        V d0 = HALF(first)(a + i) - HALF(first)(b + i);
        V d1 = HALF(second)(a + i) - HALF(second)(b + i);
        V d2 = HALF(first)(a + i + 2 * LANES) - HALF(first)(b + i + 2 * LANES);
        V d3 = HALF(second)(a + i + 2 * LANES) - HALF(second)(b + i + 2 * LANES);
        s0 += d0 * d0;
        s1 += d1 * d1;
        s2 += d2 * d2;
        s3 += d3 * d3;
    }
    for (; i + LANES <= n; i += LANES) {
        V d = HALF(widen)(a + i) - HALF(widen)(b + i);
        s0 += d * d;
    }
    float sum = LEVEL(sum)((s0 + s1) + (s2 + s3));
    for (; i < n; i++) {
        float d = HALF(value)(a[i]) - HALF(value)(b[i]);
        sum += d * d;
    }
    return sum;
}

static void HALF(narrow)(const float *in, void *row, size_t n) {
    uint16_t *out = row;
    for (size_t i = 0; i < n; i++) out[i] = HALF(nearest)(in[i]);
}

static void HALF(widen_all)(const void *row, float *out, size_t n) {
    const uint16_t *in = row;
    size_t i = 0;
#pragma clang loop unroll_count(4)
    for (; i + LANES <= n; i += LANES) {
        V wide = HALF(widen)(in + i);
        __builtin_memcpy(out + i, &wide, sizeof wide);
    }
    for (; i < n; i++) out[i] = HALF(value)(in[i]);
}

static const ck_row_kernels HALF(kernels) = {
    .dot = {HALF(dot), HALF(dot_pair), HALF(dot_gather)},
    .l2 = {HALF(l2), HALF(l2_pair), HALF(l2_gather)},
    .narrow = HALF(narrow),
    .widen = HALF(widen_all),
};

#undef HALF
