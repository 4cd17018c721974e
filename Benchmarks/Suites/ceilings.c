// What this machine can do at most, one thread: the figures that explain a vector index's speed.
//
//     cc -O3 -march=native ceilings.c -o ceilings && ./ceilings
//
// Prints one JSON object: GB/s of a sequential read, nanoseconds of a load that waits for the one before it, nanoseconds
// a row of random rows asked for eight ahead, and dimensions/s of int8 products.

#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#if defined(__AVX512VNNI__)
#include <immintrin.h>
#endif

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static uint64_t state = 42;
static uint64_t random64(void) {
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static char *memory(size_t bytes) {
    char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) exit(1);
    madvise(p, bytes, MADV_HUGEPAGE);
    for (size_t i = 0; i < bytes; i += 4096) p[i] = 1;
    return p;
}

static volatile uint64_t sink;

static double sequential(char *p, size_t bytes) {
    const uint64_t *words = (const uint64_t *)p;
    double best = 0;
    for (int pass = 0; pass < 5; pass++) {
        uint64_t a = 0, b = 0, c = 0, d = 0;
        double start = seconds();
        for (size_t i = 0; i < bytes / 8; i += 4) a += words[i], b += words[i + 1], c += words[i + 2], d += words[i + 3];
        double rate = bytes / (seconds() - start) / 1e9;
        sink = a + b + c + d;
        if (rate > best) best = rate;
    }
    return best;
}

// A random cycle through all lines: each load gives the address of the next.
static double dependent(size_t bytes) {
    char *p = memory(bytes);
    size_t lines = bytes / 64;
    uint32_t *order = malloc(lines * 4);
    if (!order) exit(1);
    for (size_t i = 0; i < lines; i++) order[i] = i;
    for (size_t i = lines - 1; i > 0; i--) {
        size_t j = random64() % i;
        uint32_t t = order[i];
        order[i] = order[j], order[j] = t;
    }
    for (size_t i = 0; i < lines; i++) *(uint32_t *)(p + 64 * (size_t)order[i]) = order[(i + 1) % lines];
    uint32_t at = 0;
    size_t steps = 2000000;
    for (size_t i = 0; i < steps / 4; i++) at = *(uint32_t *)(p + 64 * (size_t)at);
    double start = seconds();
    for (size_t i = 0; i < steps; i++) at = *(uint32_t *)(p + 64 * (size_t)at);
    double ns = (seconds() - start) / steps * 1e9;
    sink = at;
    free(order);
    munmap(p, bytes);
    return ns;
}

static double rows(char *p, size_t bytes, size_t row) {
    size_t count = bytes / row, steps = 400000;
    uint32_t *order = malloc(steps * 4);
    if (!order) exit(1);
    for (size_t i = 0; i < steps; i++) order[i] = random64() % count;
    double best = 1e9;
    for (int pass = 0; pass < 3; pass++) {
        uint64_t sum = 0;
        double start = seconds();
        for (size_t i = 0; i + 8 < steps; i++) {
            const char *ahead = p + order[i + 8] * row;
            for (size_t line = 0; line < row; line += 64) __builtin_prefetch(ahead + line);
            const uint64_t *words = (const uint64_t *)(p + order[i] * row);
            for (size_t w = 0; w < row / 8; w += 8) sum += words[w];
        }
        double ns = (seconds() - start) / steps * 1e9;
        sink = sum;
        if (ns < best) best = ns;
    }
    free(order);
    return best;
}

static double int8_products(void) {
#if defined(__AVX512VNNI__)
    enum { DIMENSION = 384, COUNT = 64 };
    static uint8_t a[DIMENSION] __attribute__((aligned(64)));
    static int8_t b[COUNT][DIMENSION] __attribute__((aligned(64)));
    for (int i = 0; i < DIMENSION; i++) a[i] = random64();
    for (int i = 0; i < COUNT * DIMENSION; i++) b[i / DIMENSION][i % DIMENSION] = random64();
    double start = seconds();
    int rounds = 200000;
    __m512i total = _mm512_setzero_si512();
    for (int r = 0; r < rounds; r++) {
        for (int row = 0; row < COUNT; row += 2) {
            __m512i x = _mm512_setzero_si512(), y = x;
            for (int i = 0; i < DIMENSION; i += 64) {
                __m512i q = _mm512_load_si512(a + i);
                x = _mm512_dpbusd_epi32(x, q, _mm512_load_si512(b[row] + i));
                y = _mm512_dpbusd_epi32(y, q, _mm512_load_si512(b[row + 1] + i));
            }
            total = _mm512_add_epi32(total, _mm512_add_epi32(x, y));
        }
        a[r % DIMENSION]++;
    }
    double elapsed = seconds() - start;
    sink = _mm512_reduce_add_epi32(total);
    return (double)rounds * COUNT * DIMENSION / elapsed / 1e9;
#else
    return 0;
#endif
}

int main(void) {
    size_t big = (size_t)600 << 20;
    char *p = memory(big);
    printf("{\"sequential_read_gb_s\": %.1f, ", sequential(p, big));
    printf("\"row_64_bytes_ns\": %.1f, \"row_768_bytes_ns\": %.1f, \"row_1536_bytes_ns\": %.1f, ", rows(p, big, 64),
           rows(p, big, 768), rows(p, big, 1536));
    munmap(p, big);
    printf("\"dependent_load_ns\": {\"4 MiB\": %.0f, \"19 MiB\": %.0f, \"150 MiB\": %.0f, \"600 MiB\": %.0f}, ",
           dependent((size_t)4 << 20), dependent((size_t)19 << 20), dependent((size_t)150 << 20), dependent(big));
    printf("\"int8_products_g_s\": %.1f}\n", int8_products());
    return 0;
}
