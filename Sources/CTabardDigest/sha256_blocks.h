/* The compression functions of SHA-256, one per kind of processor. Each takes whole blocks of 64 bytes. */
#ifndef TABARD_SHA256_BLOCKS_H
#define TABARD_SHA256_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

typedef void tabard_sha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t blocks);

/* FIPS 180-4, section 4.2.2. */
extern const uint32_t tabard_sha256_constants[64];

tabard_sha256_blocks tabard_sha256_blocks_portable;
/* NULL when this processor has no instructions for it. */
tabard_sha256_blocks *tabard_sha256_blocks_accelerated(void);

#endif
