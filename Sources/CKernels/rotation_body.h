// Block rotation, written once over vectors of LANES floats. rotation.c includes this text once for each level, with
// ROTATION(name) giving the level's names and LANES the width of its registers.
// No include guard: it is meant to be included several times.

typedef float ROTATION(vector) __attribute__((vector_size(LANES * sizeof(float))));
#define V ROTATION(vector)

ALWAYS_INLINE V ROTATION(load)(const float *p) {
    V v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

ALWAYS_INLINE void ROTATION(store)(float *p, V v) { __builtin_memcpy(p, &v, sizeof v); }

// 4 * LANES outputs of two blocks at once: eight sums, enough to hide the latency of the multiply-add.
static void ROTATION(rotate)(const float *in, float *out, size_t blocks, const float *transposed) {
    size_t block = 0;
    for (; block + 2 <= blocks; block += 2, in += 128, out += 128) {
        for (size_t start = 0; start < 64; start += 4 * LANES) {
            V a0 = {0}, a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
            const float *column = transposed + start;
            for (size_t j = 0; j < 64; j++, column += 64) {
                V q0 = ROTATION(load)(column), q1 = ROTATION(load)(column + LANES);
                V q2 = ROTATION(load)(column + 2 * LANES), q3 = ROTATION(load)(column + 3 * LANES);
                a0 += q0 * in[j];
                a1 += q1 * in[j];
                a2 += q2 * in[j];
                a3 += q3 * in[j];
                b0 += q0 * in[64 + j];
                b1 += q1 * in[64 + j];
                b2 += q2 * in[64 + j];
                b3 += q3 * in[64 + j];
            }
            float *to = out + start;
            ROTATION(store)(to, a0);
            ROTATION(store)(to + LANES, a1);
            ROTATION(store)(to + 2 * LANES, a2);
            ROTATION(store)(to + 3 * LANES, a3);
            ROTATION(store)(to + 64, b0);
            ROTATION(store)(to + 64 + LANES, b1);
            ROTATION(store)(to + 64 + 2 * LANES, b2);
            ROTATION(store)(to + 64 + 3 * LANES, b3);
        }
    }
    if (block == blocks) return;
    for (size_t start = 0; start < 64; start += 4 * LANES) {
        V a0 = {0}, a1 = a0, a2 = a0, a3 = a0;
        const float *column = transposed + start;
        for (size_t j = 0; j < 64; j++, column += 64) {
            a0 += ROTATION(load)(column) * in[j];
            a1 += ROTATION(load)(column + LANES) * in[j];
            a2 += ROTATION(load)(column + 2 * LANES) * in[j];
            a3 += ROTATION(load)(column + 3 * LANES) * in[j];
        }
        ROTATION(store)(out + start, a0);
        ROTATION(store)(out + start + LANES, a1);
        ROTATION(store)(out + start + 2 * LANES, a2);
        ROTATION(store)(out + start + 3 * LANES, a3);
    }
}

#undef V
#undef ROTATION
#undef LANES
