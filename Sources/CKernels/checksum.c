#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

// table[i] is the CRC of the four bits i, for the reflected polynomial 0x82F63B78.
static const uint32_t table[16] = {
    0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
    0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
};

static uint32_t crc32c_scalar(uint32_t crc, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }
    return crc;
}

#if defined(__x86_64__)
// The crc32 instruction of SSE4.2, which every CPU with AVX2 has.
__attribute__((target("sse4.2")))
static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *bytes, size_t count) {
    uint64_t wide = crc;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    crc = (uint32_t)wide;
    for (; i < count; i++) crc = _mm_crc32_u8(crc, bytes[i]);
    return crc;
}
#endif

uint32_t ck_crc32c_at(ck_level level, uint32_t crc, const void *bytes, size_t count) {
    if (bytes == NULL || count == 0) return crc;
#if defined(__x86_64__)
    if (level != CK_LEVEL_SCALAR && ck_level_is_available(level))
        return ~crc32c_sse42(~crc, (const uint8_t *)bytes, count);
#else
    (void)level;
#endif
    return ~crc32c_scalar(~crc, (const uint8_t *)bytes, count);
}
