#include "sha256_blocks.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

/* Intel SDM volume 2, SHA256RNDS2 and SHA256MSG1/2: the state lies in two registers, {a b e f} and {c d g h} from the highest lane down, and
 * one instruction does two rounds, reading its two w + k from the low half of a third register. Four words of the message schedule come
 * from the sixteen before them. */
__attribute__((target("sha,ssse3,sse4.1"))) static void blocks_sha_ni(uint32_t state[8], const uint8_t *bytes, size_t blocks) {
    const __m128i byte_order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i dcba = _mm_loadu_si128((const __m128i *)state);
    __m128i hgfe = _mm_loadu_si128((const __m128i *)(state + 4));
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
    __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
    __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
    for (; blocks > 0; blocks--, bytes += 64) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            if (i < 4) {
                w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 16 * i)), byte_order);
            } else {
                const __m128i last = w[(i + 3) & 3];
                const __m128i minus7 = _mm_alignr_epi8(last, w[(i + 2) & 3], 4);
                const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]), minus7);
                w[i & 3] = _mm_sha256msg2_epu32(partial, last);
            }
            const __m128i k = _mm_loadu_si128((const __m128i *)(tabard_sha256_constants + 4 * i));
            const __m128i wk = _mm_add_epi32(w[i & 3], k);
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0E));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Intel SDM volume 2, CPUID: leaf 7 EBX bit 29 is SHA; leaf 1 ECX bit 9 is SSSE3 and bit 19 is SSE4.1. */
static int processor_has_sha_ni(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (1u << 9 | 1u << 19)) != (1u << 9 | 1u << 19)) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 29) != 0;
}

tabard_sha256_blocks *tabard_sha256_blocks_accelerated(void) {
    /* 0 unknown, 1 absent, 2 present. CPUID traps in virtual machines, so it is asked once; two threads may ask and find the same. */
    static _Atomic int known;
    int found = known;
    if (found == 0) known = found = processor_has_sha_ni() ? 2 : 1;
    return found == 2 ? blocks_sha_ni : NULL;
}
#endif
