// The kernels of rows of one 16-bit format at one level. half_level_body.h includes this text once for each format,
// with HALF(name) giving the format's names.
// No include guard: it is meant to be included several times.

static float HALF(dot)(const float *query, const uint16_t *row, size_t n) {
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

static float HALF(l2)(const float *query, const uint16_t *row, size_t n) {
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

static void HALF(dot_gather)(
    const float *query, const uint16_t *base, const uint32_t *slots, size_t count, size_t stride, size_t n,
    float *out) {
    half_prefetch_first(base, slots, count, stride, n);
    for (size_t i = 0; i < count; i++) {
        half_prefetch_ahead(base, slots, i, count, stride, n);
        out[i] = HALF(dot)(query, base + (size_t)slots[i] * stride, n);
    }
}

static void HALF(l2_gather)(
    const float *query, const uint16_t *base, const uint32_t *slots, size_t count, size_t stride, size_t n,
    float *out) {
    half_prefetch_first(base, slots, count, stride, n);
    for (size_t i = 0; i < count; i++) {
        half_prefetch_ahead(base, slots, i, count, stride, n);
        out[i] = HALF(l2)(query, base + (size_t)slots[i] * stride, n);
    }
}

static float HALF(dot_pair)(const uint16_t *a, const uint16_t *b, size_t n) {
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

static float HALF(l2_pair)(const uint16_t *a, const uint16_t *b, size_t n) {
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

static void HALF(narrow_all)(const float *in, uint16_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = HALF(nearest)(in[i]);
}

static void HALF(widen_all)(const uint16_t *in, float *out, size_t n) {
    size_t i = 0;
#pragma clang loop unroll_count(4)
    for (; i + LANES <= n; i += LANES) {
        V wide = HALF(widen)(in + i);
        __builtin_memcpy(out + i, &wide, sizeof wide);
    }
    for (; i < n; i++) out[i] = HALF(value)(in[i]);
}

#undef HALF
