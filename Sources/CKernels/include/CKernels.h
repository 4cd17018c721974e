#pragma once

// The C kernels: the only intrinsics of the project. No allocation, no state but the chosen level of the CPU.
//
// Contract of every kernel, unless its own comment says otherwise:
//
// - Shapes      `n` counts elements, not bytes. Matrices are row-major; a stride counts elements between row starts.
// - Aliasing    Inputs may overlap one another. An output overlaps no input and no other output.
// - Alignment   None is needed beyond that of the element type. 64-byte aligned rows are read fastest.
// - Tails       Any n is allowed, 0 too. No byte outside the stated ranges is read or written (prefetches touch none).
// - Threads     Every kernel is a pure function of its arguments and may run on any number of threads.
// - Checks      None: shapes are proven by the caller (the Swift module Kernels).

#include "kernels_level.h"
#include "kernels_distance.h"
#include "kernels_checksum.h"
#include "kernels_rows.h"
#include "kernels_codes.h"
#include "kernels_walk.h"
#include "kernels_products.h"
#include "kernels_attention.h"
