#include "attention_parts.h"

kernels_attention kernels_attention_at(ck_level level, bool halves) {
    kernels_attention attention = {NULL, NULL};
    if (!ck_level_is_available(level)) return attention;
    if (halves)
        attention_fill_bf16(level, &attention);
    else
        attention_fill_f32(level, &attention);
    return attention;
}
