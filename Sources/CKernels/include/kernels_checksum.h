#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels_level.h"

/// CRC-32C (Castagnoli, RFC 3720 section 12.1; the check value of "123456789" is 0xE3069283) of `count` bytes.
/// Pass 0 for `crc` at the start and the last result to go on: crc(crc(0, a), b) = crc(0, ab). All levels agree.
uint32_t ck_crc32c_at(ck_level level, uint32_t crc, const void *_Nullable bytes, size_t count);
