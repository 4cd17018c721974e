#pragma once

// Private to this target: what the files of the row kernels hand to the table in distance.c.

#include "CKernels.h"

ck_measure ck_dot_float32(ck_level level);
ck_measure ck_l2_float32(ck_level level);
ck_row_kernels ck_half_kernels(ck_level level, ck_row_format format);
