#include "sha256_blocks.h"
#include "tabard_digest.h"

#if !defined(__x86_64__) && !(defined(__aarch64__) && defined(__linux__))
tabard_sha256_blocks *tabard_sha256_blocks_accelerated(void) { return NULL; }
#endif

const char *tabard_sha256_implementation(void) {
    if (!tabard_sha256_blocks_accelerated()) return "portable";
#if defined(__x86_64__)
    return "sha-ni";
#else
    return "armv8-sha2";
#endif
}
