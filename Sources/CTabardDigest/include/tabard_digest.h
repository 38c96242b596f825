/* SHA-256, SHA-512 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), one pass, no allocation.
 *
 * Nothing here fails. Contexts are plain bytes: a copy of one is a second computation that goes on from the same point. A context may hold
 * input, so whoever fed it a secret ends it with tabard_wipe(). */
#ifndef TABARD_DIGEST_H
#define TABARD_DIGEST_H

#include <stddef.h>
#include <stdint.h>

typedef struct tabard_sha256 {
    uint32_t state[8];
    uint64_t length;    /* bytes so far */
    uint8_t block[64];  /* the last length % 64 bytes */
    uint32_t portable;  /* non-zero: never the processor's instructions, for tests */
} tabard_sha256;

typedef struct tabard_sha512 {
    uint64_t state[8];
    uint64_t length; /* bytes so far; 2^61 bytes are enough, so the upper half of the length field stays zero */
    uint8_t block[128];
} tabard_sha512;

typedef struct tabard_hmac_sha256 {
    tabard_sha256 inner;
    tabard_sha256 outer; /* after the outer pad; the inner digest is still to come */
} tabard_hmac_sha256;

void tabard_sha256_init(tabard_sha256 *context, int portable);
void tabard_sha256_update(tabard_sha256 *context, const void *bytes, size_t count);
/* Ends the computation; the context is then only good for tabard_sha256_init or tabard_wipe. */
void tabard_sha256_finish(tabard_sha256 *context, uint8_t digest[32]);

void tabard_sha512_init(tabard_sha512 *context);
void tabard_sha512_update(tabard_sha512 *context, const void *bytes, size_t count);
void tabard_sha512_finish(tabard_sha512 *context, uint8_t digest[64]);

/* The key is not needed after init; both pads are wiped. */
void tabard_hmac_sha256_init(tabard_hmac_sha256 *context, const void *key, size_t count);
void tabard_hmac_sha256_update(tabard_hmac_sha256 *context, const void *bytes, size_t count);
/* Ends the computation and wipes the context. */
void tabard_hmac_sha256_finish(tabard_hmac_sha256 *context, uint8_t code[32]);

/* Which implementation this processor gets: "sha-ni", "armv8-sha2" or "portable". */
const char *tabard_sha256_implementation(void);

/* Overwrites memory in a way that the optimiser keeps. */
void tabard_wipe(void *bytes, size_t count);

#endif
