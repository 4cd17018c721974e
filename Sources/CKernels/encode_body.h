// Query preparation and encoding, written once. encode.c includes this text once for each level, with ENCODE(name)
// giving the level's names. Every level works in 16 lanes, sums them in the same order and fuses no product with a sum,
// so that all levels give the same bits.
// No include guard: it is meant to be included several times.

ALWAYS_INLINE encode_floats ENCODE(load)(const float *p) {
    encode_floats v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

// The `count` < 16 floats at p, then the filler.
ALWAYS_INLINE encode_floats ENCODE(load_part)(const float *p, size_t count, float filler) {
    encode_floats v = filler - (encode_floats){0};
    __builtin_memcpy(&v, p, count * sizeof(float));
    return v;
}

ALWAYS_INLINE float ENCODE(sum)(encode_floats v) {
    float s[ENCODE_LANES];
    __builtin_memcpy(s, &v, sizeof v);
    for (int width = ENCODE_LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) s[i] += s[i + width];
    return s[0];
}

ALWAYS_INLINE int32_t ENCODE(sum_integers)(encode_integers v) {
    int32_t s = 0;
    for (int i = 0; i < ENCODE_LANES; i++) s += v[i];
    return s;
}

ALWAYS_INLINE encode_floats ENCODE(clamp)(encode_floats v, float low, float high) {
    v = __builtin_elementwise_max(v, low - (encode_floats){0});
    return __builtin_elementwise_min(v, high - (encode_floats){0});
}

// To the nearest whole number, ties to even, for |v| < 2^22: adding 1.5 * 2^23 leaves the number in the low bits.
ALWAYS_INLINE encode_integers ENCODE(nearest)(encode_floats v) {
    const encode_floats magic = 12582912.0f - (encode_floats){0};
    return (encode_integers)(v + magic) - (encode_integers)magic;
}

ALWAYS_INLINE encode_floats ENCODE(to_floats)(encode_integers v) { return __builtin_convertvector(v, encode_floats); }

// Lanes from `count` on become 0.
ALWAYS_INLINE encode_integers ENCODE(first_lanes)(encode_integers v, size_t count) {
    return v & (encode_lane < (int32_t)count);
}

ALWAYS_INLINE void ENCODE(store_bytes)(void *p, encode_integers v) {
    encode_bytes bytes = __builtin_convertvector(v, encode_bytes);
    __builtin_memcpy(p, &bytes, sizeof bytes);
}

ALWAYS_INLINE void ENCODE(store_part)(void *p, encode_integers v, size_t count) {
    encode_bytes bytes = __builtin_convertvector(v, encode_bytes);
    __builtin_memcpy(p, &bytes, count);
}

// Bit i of the two bytes tells whether lane i of a comparison holds.
ALWAYS_INLINE void ENCODE(store_bits)(void *p, encode_integers holds) {
    encode_bools bools = __builtin_convertvector(holds, encode_bools);
    __builtin_memcpy(p, &bools, ENCODE_LANES / 8);
}

static kernels_statistics ENCODE(statistics)(const float *in, size_t n) {
    encode_floats least = __builtin_inff() - (encode_floats){0}, most = -__builtin_inff() - (encode_floats){0};
    encode_floats sums = {0}, squares = {0};
    size_t i = 0;
    for (; i + ENCODE_LANES <= n; i += ENCODE_LANES) {
        encode_floats v = ENCODE(load)(in + i);
        sums += v;
        squares += v * v;
        least = __builtin_elementwise_min(v, least);
        most = __builtin_elementwise_max(v, most);
    }
    if (i < n) {
        encode_floats v = ENCODE(load_part)(in + i, n - i, 0);
        sums += v;
        squares += v * v;
        v = ENCODE(load_part)(in + i, n - i, in[i]);
        least = __builtin_elementwise_min(v, least);
        most = __builtin_elementwise_max(v, most);
    }
    float min = least[0], max = most[0];
    for (int j = 1; j < ENCODE_LANES; j++) {
        min = least[j] < min ? least[j] : min;
        max = most[j] > max ? most[j] : max;
    }
    float absolute = max > -min ? max : -min;
    return (kernels_statistics){
        .min = min,
        .max = max,
        .sum = ENCODE(sum)(sums),
        .absolute_max = min > max ? 0 : absolute,
        .squared_norm = ENCODE(sum)(squares),
    };
}

ALWAYS_INLINE encode_integers ENCODE(signed_codes)(encode_floats x, float inverse_scale) {
    return ENCODE(nearest)(ENCODE(clamp)(x * inverse_scale, -127, 127));
}

static int32_t ENCODE(quantise_signed)(const float *in, size_t n, float inverse_scale, int8_t *out) {
    encode_integers sums = {0};
    size_t i = 0;
    for (; i + ENCODE_LANES <= n; i += ENCODE_LANES) {
        encode_integers u = ENCODE(signed_codes)(ENCODE(load)(in + i), inverse_scale);
        ENCODE(store_bytes)(out + i, u);
        sums += u;
    }
    if (i < n) {
        encode_integers u = ENCODE(signed_codes)(ENCODE(load_part)(in + i, n - i, 0), inverse_scale);
        ENCODE(store_part)(out + i, u, n - i);
        sums += ENCODE(first_lanes)(u, n - i);
    }
    return ENCODE(sum_integers)(sums);
}

ALWAYS_INLINE void ENCODE(store_planes)(uint64_t *planes, size_t words_per_plane, size_t i, encode_integers u) {
    for (size_t b = 0; b < 4; b++)
        ENCODE(store_bits)((uint8_t *)(planes + b * words_per_plane) + i / 8, (u & (1 << b)) != 0);
}

static void ENCODE(quantise_planes)(
    const float *in, size_t n, float low, float inverse_step, uint64_t *planes, size_t words_per_plane) {
    for (size_t w = 0; w < 4 * words_per_plane; w++) planes[w] = 0;
    size_t i = 0;
    for (; i + ENCODE_LANES <= n; i += ENCODE_LANES) {
        encode_floats v = (ENCODE(load)(in + i) - low) * inverse_step;
        encode_integers u = ENCODE(nearest)(ENCODE(clamp)(v, 0, 15));
        ENCODE(store_planes)(planes, words_per_plane, i, u);
    }
    if (i < n) {
        encode_floats v = (ENCODE(load_part)(in + i, n - i, 0) - low) * inverse_step;
        encode_integers u = ENCODE(first_lanes)(ENCODE(nearest)(ENCODE(clamp)(v, 0, 15)), n - i);
        ENCODE(store_planes)(planes, words_per_plane, i, u);
    }
}

static kernels_one_bit_encoding ENCODE(one_bit)(const float *residual, size_t n, uint8_t *out) {
    encode_floats magnitudes = {0}, squares = {0};
    encode_integers counts = {0};
    size_t i = 0;
    for (; i + ENCODE_LANES <= n; i += ENCODE_LANES) {
        encode_floats v = ENCODE(load)(residual + i);
        magnitudes += __builtin_elementwise_abs(v);
        squares += v * v;
        counts -= v > 0;
        ENCODE(store_bits)(out + i / 8, v > 0);
    }
    if (i < n) {
        encode_floats v = ENCODE(load_part)(residual + i, n - i, 0);
        magnitudes += __builtin_elementwise_abs(v);
        squares += v * v;
        counts -= v > 0;
        ENCODE(store_bits)(out + i / 8, v > 0);
        i += ENCODE_LANES;
    }
    for (; i % 64 != 0; i += ENCODE_LANES) ENCODE(store_bits)(out + i / 8, (encode_integers){0});
    return (kernels_one_bit_encoding){
        .l1_norm = ENCODE(sum)(magnitudes),
        .squared_norm = ENCODE(sum)(squares),
        .population = (uint32_t)ENCODE(sum_integers)(counts),
    };
}

// What both encoders add up.
typedef struct {
    encode_floats dot, squares;
} ENCODE(totals);

ALWAYS_INLINE void ENCODE(add)(ENCODE(totals) *totals, encode_floats x, encode_floats point) {
    totals->dot += x * point;
    totals->squares += x * x;
}

ALWAYS_INLINE kernels_encoding ENCODE(result)(const ENCODE(totals) *totals) {
    return (kernels_encoding){.dot = ENCODE(sum)(totals->dot), .squared_norm = ENCODE(sum)(totals->squares)};
}

// For a clamped value of at least 0, cutting off the fraction is the floor.
ALWAYS_INLINE encode_integers ENCODE(four_bits)(ENCODE(totals) *totals, const float *p, float inverse_scale) {
    encode_floats x = ENCODE(load)(p);
    encode_floats scaled = x * inverse_scale;
    encode_integers u = __builtin_convertvector(ENCODE(clamp)(scaled + 8, 0, 15), encode_integers);
    ENCODE(add)(totals, x, ENCODE(to_floats)(u) - 7.5f);
    return u;
}

static kernels_encoding ENCODE(four_bit)(const float *x, size_t n, float inverse_scale, uint8_t *out) {
    ENCODE(totals) totals = {0};
    for (size_t left = n; left > 0;) {
        size_t half = left >= 128 ? 64 : 32;
        for (size_t j = 0; j < half; j += ENCODE_LANES) {
            encode_integers low = ENCODE(four_bits)(&totals, x + j, inverse_scale);
            encode_integers high = ENCODE(four_bits)(&totals, x + half + j, inverse_scale);
            ENCODE(store_bytes)(out + j, low | (high << 4));
        }
        x += 2 * half;
        out += half;
        left -= 2 * half;
    }
    return ENCODE(result)(&totals);
}

static kernels_encoding ENCODE(eight_bit)(const float *x, size_t n, float inverse_scale, uint8_t *out) {
    ENCODE(totals) totals = {0};
    size_t i = 0;
    for (; i + ENCODE_LANES <= n; i += ENCODE_LANES) {
        encode_floats v = ENCODE(load)(x + i);
        encode_integers u = ENCODE(signed_codes)(v, inverse_scale);
        ENCODE(store_bytes)(out + i, u + 128);
        ENCODE(add)(&totals, v, ENCODE(to_floats)(u));
    }
    if (i < n) {
        encode_floats v = ENCODE(load_part)(x + i, n - i, 0);
        encode_integers u = ENCODE(first_lanes)(ENCODE(signed_codes)(v, inverse_scale), n - i);
        ENCODE(store_part)(out + i, u + 128, n - i);
        ENCODE(add)(&totals, v, ENCODE(to_floats)(u));
    }
    return ENCODE(result)(&totals);
}

static void ENCODE(fill)(kernels_codes_table *table) {
    table->statistics = ENCODE(statistics);
    table->quantise_signed = ENCODE(quantise_signed);
    table->quantise_planes = ENCODE(quantise_planes);
    table->encode_one_bit = ENCODE(one_bit);
    table->encode_four_bit = ENCODE(four_bit);
    table->encode_eight_bit = ENCODE(eight_bit);
}

#undef ENCODE
