#pragma once

// Private to this target: what the attention kernels share.

#include "products_families.h"

enum {
    QUERIES = 12,  ///< queries at a time
    COLUMNS = 32   ///< columns of a panel
};

ALWAYS_INLINE size_t attention_panels(size_t count) { return (count + COLUMNS - 1) / COLUMNS; }

/// `count` columns filled up to whole panels.
ALWAYS_INLINE size_t attention_wide(size_t count) { return attention_panels(count) * COLUMNS; }

/// Runs NAME_4, NAME_8 or NAME_12, the smallest tile that holds `rows` rows.
#define ATTENTION_RUN_TILE(NAME, rows, ...)        \
    do {                                           \
        if ((rows) <= 4)                           \
            NAME##_4(__VA_ARGS__);                 \
        else if ((rows) <= 8)                      \
            NAME##_8(__VA_ARGS__);                 \
        else                                       \
            NAME##_12(__VA_ARGS__);                \
    } while (0)

/// The next `bytes` of a scratch, from a cache line's start on.
ALWAYS_INLINE void *attention_take(char **scratch, size_t bytes) {
    char *at = (char *)(((uintptr_t)*scratch + 63) & ~(uintptr_t)63);
    *scratch = at + bytes;
    return at;
}

void attention_fill_bf16(ck_level level, kernels_attention *attention);
void attention_fill_f32(ck_level level, kernels_attention *attention);
