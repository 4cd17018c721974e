#pragma once

// Private to this target: what dot.c and l2.c hand to the table in distance.c.

#include <stddef.h>
#include <stdint.h>

#include "CKernels.h"

/// One family of kernels at one level: pair, contiguous rows, rows by slot.
typedef struct {
    float (*pair)(const float *, const float *, size_t);
    void (*rows)(const float *, const float *, size_t, size_t, size_t, float *);
    void (*gather)(const float *, const float *, const uint32_t *, size_t, size_t, size_t, float *);
} ck_family;

ck_family ck_dot_family(ck_level level);
ck_family ck_l2_family(ck_level level);
