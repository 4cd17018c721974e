// What one core's product instructions can do at most: the ceilings of the encoder's precisions.
//
//     cc -O3 -march=native product_ceilings.c -o product_ceilings && ./product_ceilings
//
// Prints one JSON object: 10^9 multiplications and additions a second, from registers alone, best of five; 0 where the
// processor lacks the instruction. Embedding a token takes 21.2 million of them beside attention.

#define _GNU_SOURCE
#include <stdio.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static volatile float sink;

// Twenty-four sums that do not wait for one another.
#define CEILING(NAME, TYPE, START, STEP, FINISH, OPERATIONS)                      \
    static double NAME(void) {                                                    \
        double best = 0;                                                          \
        for (int pass = 0; pass < 5; pass++) {                                    \
            TYPE sums[24];                                                        \
            for (int i = 0; i < 24; i++) sums[i] = START;                         \
            long rounds = 4000000;                                                \
            double start = seconds();                                             \
            for (long r = 0; r < rounds; r++)                                     \
                _Pragma("GCC unroll 24") for (int i = 0; i < 24; i++) sums[i] = STEP; \
            double rate = rounds * 24.0 * (OPERATIONS) / (seconds() - start) / 1e9; \
            for (int i = 0; i < 24; i++) sink += FINISH;                          \
            if (rate > best) best = rate;                                         \
        }                                                                         \
        return best;                                                              \
    }

#if defined(__AVX512F__)
CEILING(float32, __m512, _mm512_set1_ps(i), _mm512_fmadd_ps(sums[i], sums[23 - i], sums[i]), _mm512_reduce_add_ps(sums[i]), 32)
#else
static double float32(void) { return 0; }
#endif

#if defined(__AVX512BF16__)
CEILING(bfloat16, __m512, _mm512_set1_ps(i),
        _mm512_dpbf16_ps(sums[i], (__m512bh)_mm512_set1_epi32(0x3f803f80), (__m512bh)_mm512_set1_epi32(0x3f803f80)),
        _mm512_reduce_add_ps(sums[i]), 64)
#else
static double bfloat16(void) { return 0; }
#endif

#if defined(__AVX512VNNI__)
CEILING(int8, __m512i, _mm512_set1_epi32(i),
        _mm512_dpbusd_epi32(sums[i], _mm512_set1_epi32(0x01010101), _mm512_set1_epi32(0x02020202)),
        (float)_mm512_reduce_add_epi32(sums[i]), 128)
#else
static double int8(void) { return 0; }
#endif

int main(void) {
    double single = float32(), half = bfloat16(), bytes = int8();
    printf("{\"float32_g_s\": %.0f, \"bfloat16_g_s\": %.0f, \"int8_g_s\": %.0f}\n", single, half, bytes);
    return 0;
}
