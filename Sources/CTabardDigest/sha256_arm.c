#include "sha256_blocks.h"

#if defined(__aarch64__) && defined(__linux__)
#include <arm_neon.h>
#include <sys/auxv.h>

/* Arm ARM, SHA256H, SHA256H2, SHA256SU0 and SHA256SU1: four rounds a pair of instructions, the state as {a b c d} and {e f g h} from the
 * lowest lane up. */
__attribute__((target("sha2"))) static void blocks_armv8(uint32_t state[8], const uint8_t *bytes, size_t blocks) {
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
    for (; blocks > 0; blocks--, bytes += 64) {
        const uint32x4_t abcd_before = abcd, efgh_before = efgh;
        uint32x4_t w[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            if (i < 4) {
                w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(bytes + 16 * i)));
            } else {
                w[i & 3] = vsha256su1q_u32(vsha256su0q_u32(w[i & 3], w[(i + 1) & 3]), w[(i + 2) & 3], w[(i + 3) & 3]);
            }
            const uint32x4_t wk = vaddq_u32(w[i & 3], vld1q_u32(tabard_sha256_constants + 4 * i));
            const uint32x4_t abcd_now = abcd;
            abcd = vsha256hq_u32(abcd, efgh, wk);
            efgh = vsha256h2q_u32(efgh, abcd_now, wk);
        }
        abcd = vaddq_u32(abcd, abcd_before);
        efgh = vaddq_u32(efgh, efgh_before);
    }
    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}

tabard_sha256_blocks *tabard_sha256_blocks_accelerated(void) {
    /* HWCAP_SHA2 of <asm/hwcap.h>. The vector is in the process's own memory: no need to keep the answer. */
    return getauxval(AT_HWCAP) & 1ul << 6 ? blocks_armv8 : NULL;
}
#endif
