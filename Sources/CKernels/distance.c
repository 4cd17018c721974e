#include "families.h"

ck_distance_kernels ck_distance_kernels_at(ck_level level) {
    if (!ck_level_is_available(level)) level = CK_LEVEL_SCALAR;
    ck_family dot = ck_dot_family(level), l2 = ck_l2_family(level);
    return (ck_distance_kernels){
        .dot = dot.pair,
        .l2 = l2.pair,
        .dot_rows = dot.rows,
        .l2_rows = l2.rows,
        .dot_gather = dot.gather,
        .l2_gather = l2.gather,
    };
}
