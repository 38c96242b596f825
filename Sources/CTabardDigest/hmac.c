#include "tabard_digest.h"

#include <string.h>

void tabard_wipe(void *bytes, size_t count) {
    if (count == 0) return;
    memset(bytes, 0, count);
    /* The memory is "read" here, so the stores above stay. */
    __asm__ __volatile__("" : : "r"(bytes) : "memory");
}

/* RFC 2104, section 2: H((K ^ opad) || H((K ^ ipad) || text)), a key longer than a block replaced by its digest. */
void tabard_hmac_sha256_init(tabard_hmac_sha256 *context, const void *key, size_t count) {
    uint8_t pad[64] = {0};
    if (count > sizeof pad) {
        tabard_sha256_init(&context->inner, 0);
        tabard_sha256_update(&context->inner, key, count);
        tabard_sha256_finish(&context->inner, pad);
    } else if (count > 0) {
        memcpy(pad, key, count);
    }
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36;
    tabard_sha256_init(&context->inner, 0);
    tabard_sha256_update(&context->inner, pad, sizeof pad);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
    tabard_sha256_init(&context->outer, 0);
    tabard_sha256_update(&context->outer, pad, sizeof pad);
    tabard_wipe(pad, sizeof pad);
}

void tabard_hmac_sha256_update(tabard_hmac_sha256 *context, const void *bytes, size_t count) {
    tabard_sha256_update(&context->inner, bytes, count);
}

void tabard_hmac_sha256_finish(tabard_hmac_sha256 *context, uint8_t code[32]) {
    tabard_sha256_finish(&context->inner, code);
    tabard_sha256_update(&context->outer, code, 32);
    tabard_sha256_finish(&context->outer, code);
    tabard_wipe(context, sizeof *context);
}
