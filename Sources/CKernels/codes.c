#include "codes_families.h"

// The AVX-512 family needs VNNI and VPOPCNTDQ, which the first CPUs with AVX-512 lack.
static ck_level codes_level(ck_level level) {
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
    codes_scores one = codes_one_bit_scores(level), four = codes_four_bit_scores(level),
                 eight = codes_eight_bit_scores(level);
    kernels_codes_table table = {
        .score_one_bit = one.slots,
        .score_four_bit = four.slots,
        .score_eight_bit = eight.slots,
        .score_one_bit_range = one.range,
        .score_four_bit_range = four.range,
        .score_eight_bit_range = eight.range,
    };
    codes_fill_integers(level, &table);
    codes_fill_half_rows(level, &table);
    codes_fill_rotation(level, &table);
    codes_fill_encoding(level, &table);
    return table;
}
