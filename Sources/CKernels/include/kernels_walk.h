#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels_level.h"

#pragma clang assume_nonnull begin

// The bookkeeping of a walk over a graph: which neighbors are new, and which of them are among the best so far.
//
// A rank is a distance and a slot in one number that orders by distance and then by slot: the bits of the float, negative
// ones inverted and the top bit set on others, above the slot. Slots are below 2^31; bit 31 of a rank is the owner's.

/// Scored slots that are merged together; so much more than its width must a pool's memory hold.
enum { KERNELS_POOL_CHUNK = 64 };

/// The best nodes met so far, nearest first.
typedef struct {
    uint64_t *ranks;  ///< room for width + KERNELS_POOL_CHUNK
    size_t count;
    size_t width;     ///< at least 1
    size_t cursor;    ///< lowered to the place of whatever is inserted before it
    size_t near;      ///< once filled, the place of the last node that counts as near
    float reach;      ///< what is farther than the one at `near` by so much does not enter; INFINITY for no bound
} kernels_pool;

typedef struct {
    /// Appends the slots of a block that are not marked with `epoch` to `batch`, from place `count` on, and marks them.
    /// The block ends at `limit` or at the first UINT32_MAX. `batch` has room for `limit` slots after `count`. Returns the
    /// new count.
    size_t (*gather)(
        const uint32_t *block, size_t limit, uint8_t *marks, uint8_t epoch, uint32_t *batch, size_t count);

    /// Inserts the scored slots into the pool as far as they are among its best; what falls out of a full pool is gone. A
    /// full pool takes only what is nearer than its last, and one with a last near node what is within its reach.
    /// Asks for the `link_bytes` bytes at links + slot * link_bytes of those that come to stand before the place
    /// cursor + `depth`. Scores that are NaN are dropped.
    void (*merge)(
        kernels_pool *pool, const uint32_t *slots, const float *scores, size_t count, const void *links,
        size_t link_bytes, size_t depth);
} kernels_walk_table;

/// The kernels of `level`, or those of scalar where the CPU lacks it. All give the same results.
kernels_walk_table kernels_walk_at(ck_level level);

#pragma clang assume_nonnull end
