/* RSA signatures by OpenSSL's libcrypto, which is loaded when the first key is read. Any number of threads. */
#ifndef TABARD_RSA_H
#define TABARD_RSA_H

#include <stddef.h>

/* A private key, and the certificates that came with it. Immutable. */
typedef struct tabard_rsa_key tabard_rsa_key;

/* Why there is no key. */
enum tabard_rsa_problem {
    TABARD_RSA_NO_LIBRARY = 1,     /* libcrypto.so.3 is not there */
    TABARD_RSA_UNREADABLE,         /* no key in the bytes */
    TABARD_RSA_NEEDS_PASSWORD,     /* it is encrypted, and no password was given */
    TABARD_RSA_WRONG_PASSWORD,
    TABARD_RSA_NO_RSA,             /* a key of another kind */
    TABARD_RSA_TOO_SMALL,          /* below 2048 bits (RFC 7518, section 3.3) */
    TABARD_RSA_TOO_MANY            /* more certificates than anybody needs */
};

/* Reads the first private key of a PEM file (PKCS#1, PKCS#8, also encrypted) and its certificates, that of the key first. `password` may be
 * NULL. On failure NULL, with the problem and OpenSSL's words. */
tabard_rsa_key *tabard_rsa_from_pem(
    const void *bytes, size_t size, const void *password, size_t password_size, int *problem, char *reason, size_t reason_size);
/* The same from PKCS#12. */
tabard_rsa_key *tabard_rsa_from_pkcs12(
    const void *bytes, size_t size, const void *password, size_t password_size, int *problem, char *reason, size_t reason_size);
/* Overwrites and frees it. */
void tabard_rsa_free(tabard_rsa_key *key);

/* The certificates: their number, and one as DER. The first belongs to the key, when there is one that does. */
size_t tabard_rsa_certificate_count(const tabard_rsa_key *key);
const unsigned char *tabard_rsa_certificate(const tabard_rsa_key *key, size_t index, size_t *size);
/* Whether the first certificate belongs to the key. */
int tabard_rsa_has_own_certificate(const tabard_rsa_key *key);

/* The size of a signature in bytes. */
size_t tabard_rsa_signature_size(const tabard_rsa_key *key);
/* Signs with SHA-256: PKCS#1 v1.5, or PSS with a salt of 32 bytes when `is_pss`. 0, or -1 when OpenSSL fails. */
int tabard_rsa_sign(const tabard_rsa_key *key, int is_pss, const void *bytes, size_t size, unsigned char *signature);

#endif
