#include "codes_families.h"

ck_level codes_level(ck_level level) {
    if (!ck_level_is_available(level)) return CK_LEVEL_SCALAR;
#if defined(__x86_64__)
    if (level == CK_LEVEL_AVX512
        && !(__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vpopcntdq")))
        return CK_LEVEL_AVX2;
#endif
    return level;
}

kernels_codes_table kernels_codes_at(ck_level level) {
    level = codes_level(level);
    kernels_codes_table table = {
        .score_one_bit = codes_one_bit_score(level),
        .score_four_bit = codes_four_bit_score(level),
        .score_eight_bit = codes_eight_bit_score(level),
    };
    codes_fill_rotation(level, &table);
    codes_fill_encoding(level, &table);
    return table;
}
