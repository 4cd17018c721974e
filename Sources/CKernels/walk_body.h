// The walk kernels, written once over vectors of LANES ranks. walk.c includes this text once for each level, with
// WALK(name) giving the level's names. No include guard: it is meant to be included several times.

typedef uint64_t WALK(ranks) __attribute__((vector_size(LANES * sizeof(uint64_t))));

static size_t WALK(gather)(
    const uint32_t *block, size_t limit, uint8_t *marks, uint8_t epoch, uint32_t *batch, size_t count) {
    for (size_t i = 0; i < limit; i++) {
        uint32_t slot = block[i];
        if (slot == UINT32_MAX) break;
        // Without a branch on the mark, which is set as often as not.
        batch[count] = slot;
        count += marks[slot] != epoch;
        marks[slot] = epoch;
    }
    return count;
}

/// How many of the ascending ranks are less than `rank`. Counts rather than halves: the comparisons of halving depend on
/// one another, and no predictor guesses them.
ALWAYS_INLINE size_t WALK(place)(const uint64_t *ranks, size_t count, uint64_t rank) {
    size_t low = 0;
    while (count - low > WALK_COUNTED) {
        size_t middle = low + (count - low) / 2;
        if (ranks[middle] < rank)
            low = middle + 1;
        else
            count = middle;
    }
    WALK(ranks) below = {0};
    size_t i = low;
    for (; i + LANES <= count; i += LANES) {
        WALK(ranks) v;
        __builtin_memcpy(&v, ranks + i, sizeof v);
        below += (WALK(ranks))(v < rank);
    }
    size_t place = low;
    for (size_t lane = 0; lane < LANES; lane++) place += (size_t)-below[lane];
    for (; i < count; i++) place += ranks[i] < rank;
    return place;
}

/// Moves ranks[place ..< end] up by `distance` places, at least 1.
ALWAYS_INLINE void WALK(shift)(uint64_t *ranks, size_t place, size_t end, size_t distance) {
    while (end - place >= LANES) {
        end -= LANES;
        WALK(ranks) v;
        __builtin_memcpy(&v, ranks + end, sizeof v);
        __builtin_memcpy(ranks + end + distance, &v, sizeof v);
    }
    while (end > place) {
        end--;
        ranks[end + distance] = ranks[end];
    }
}

static void WALK(merge)(
    kernels_pool *pool, const uint32_t *slots, const float *scores, size_t count, const void *links,
    size_t link_bytes, size_t depth) {
    uint64_t *ranks = pool->ranks;
    size_t held = pool->count, width = pool->width, cursor = pool->cursor;
    for (size_t first = 0; first < count; first += KERNELS_POOL_CHUNK) {
        size_t end = first + KERNELS_POOL_CHUNK < count ? first + KERNELS_POOL_CHUNK : count;
        // Most of what is scored is farther than all of a full pool: sort it out before ranks are made.
        uint8_t near[KERNELS_POOL_CHUNK];
        size_t kept = 0;
        // Equal distances push nothing out of a full pool: a walk among copies would otherwise go far beyond its width.
        int is_bounded = held == width || (held > pool->near && pool->reach < INFINITY);
        float bound = held > pool->near ? walk_distance(ranks[pool->near]) + pool->reach : INFINITY;
        if (held == width && walk_distance(ranks[width - 1]) < bound) bound = walk_distance(ranks[width - 1]);
        for (size_t i = first; i < end; i++) {
            near[kept] = (uint8_t)(i - first);
            kept += is_bounded ? scores[i] < bound : scores[i] == scores[i];
        }
        // The few that are left, sorted by insertion.
        uint64_t fresh[KERNELS_POOL_CHUNK];
        size_t added = 0;
        for (size_t k = 0; k < kept; k++) {
            size_t i = first + near[k];
            uint64_t rank = walk_rank(scores[i], slots[i]);
            size_t hole = added++;
            for (; hole > 0 && fresh[hole - 1] > rank; hole--) fresh[hole] = fresh[hole - 1];
            fresh[hole] = rank;
        }
        // From the last one down, so that every rank of the pool moves once.
        size_t unmoved = held;
        for (size_t k = added; k-- > 0;) {
            size_t place = WALK(place)(ranks, unmoved, fresh[k]);
            WALK(shift)(ranks, place, unmoved, k + 1);
            ranks[place + k] = fresh[k];
            unmoved = place;
            if (place + k < cursor + depth) {
                uint32_t slot = (uint32_t)fresh[k];
                kernels_prefetch_lines((const char *)links + (size_t)slot * link_bytes, link_bytes);
            }
        }
        held = held + added < width ? held + added : width;
        cursor = unmoved < cursor ? unmoved : cursor;
    }
    pool->count = held;
    pool->cursor = cursor;
}

#undef WALK
#undef LANES
