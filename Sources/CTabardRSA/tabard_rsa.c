#define _GNU_SOURCE
#include "tabard_rsa.h"
#include "tabard_closure.h"

#include <dlfcn.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every function of libcrypto that is called, under its own name. */
#define EACH_FUNCTION(X)                                                                                                                 \
    X(OPENSSL_init_crypto) X(BIO_new_mem_buf) X(BIO_free) X(PEM_read_bio_PrivateKey) X(PEM_read_bio_X509) X(d2i_PKCS12_bio)              \
    X(PKCS12_parse) X(PKCS12_free) X(EVP_PKEY_free) X(EVP_PKEY_get_base_id) X(EVP_PKEY_get_bits) X(EVP_PKEY_get_size)                    \
    X(EVP_MD_CTX_new) X(EVP_MD_CTX_free) X(EVP_sha256) X(EVP_DigestSignInit) X(EVP_DigestSign) X(EVP_PKEY_CTX_set_rsa_padding)          \
    X(EVP_PKEY_CTX_set_rsa_pss_saltlen) X(X509_free) X(X509_check_private_key) X(i2d_X509) X(OPENSSL_sk_num) X(OPENSSL_sk_value)         \
    X(OPENSSL_sk_free) X(ERR_peek_error) X(ERR_peek_last_error) X(ERR_clear_error) X(ERR_reason_error_string)

static struct {
#define DECLARE(name) __typeof__(&name) name;
    EACH_FUNCTION(DECLARE)
#undef DECLARE
} api;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char load_problem[256];

enum { most_certificates = 16, smallest_key = 2048 };

struct certificate {
    unsigned char *bytes;
    size_t size;
};

struct tabard_rsa_key {
    EVP_PKEY *key;
    struct certificate certificates[most_certificates];
    size_t count;
    int has_own;
};

static void load(void)
{
    void *library = tabard_closure_open("libcrypto.so.3", load_problem, sizeof load_problem);
    if (library == NULL) return;
#define FIND(name)                                                                                 \
    *(void **)&api.name = dlsym(library, #name);                                                   \
    if (api.name == NULL) {                                                                        \
        snprintf(load_problem, sizeof load_problem, "libcrypto.so.3 has no " #name);               \
        return;                                                                                    \
    }
    EACH_FUNCTION(FIND)
#undef FIND
    /* Threads may still sign while the process exits. */
    if (api.OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) != 1) {
        snprintf(load_problem, sizeof load_problem, "libcrypto.so.3 does not start");
    }
}

static tabard_rsa_key *fail(tabard_rsa_key *key, int what, int *problem, char *reason, size_t size)
{
    unsigned long code = load_problem[0] == 0 ? api.ERR_peek_error() : 0;
    const char *text = code != 0 ? api.ERR_reason_error_string(code) : NULL;
    *problem = what;
    snprintf(reason, size, "%s", load_problem[0] != 0 ? load_problem : text != NULL ? text : "");
    if (load_problem[0] == 0) api.ERR_clear_error();
    tabard_rsa_free(key);
    return NULL;
}

struct password {
    const void *bytes;
    size_t size;
    int was_wanted;
};

static int give_password(char *buffer, int size, int is_writing, void *data)
{
    struct password *password = data;
    (void)is_writing;
    password->was_wanted = 1;
    if (password->bytes == NULL || size < 0 || password->size > (size_t)size) return -1;
    memcpy(buffer, password->bytes, password->size);
    return (int)password->size;
}

/* Takes a copy, in front when it is the key's own. 0, or -1 when there is no room. */
static int keep_certificate(tabard_rsa_key *key, X509 *certificate)
{
    int size = api.i2d_X509(certificate, NULL);
    if (size <= 0 || key->count == most_certificates) return -1;
    struct certificate kept = {malloc((size_t)size), (size_t)size};
    if (kept.bytes == NULL) return -1;
    unsigned char *end = kept.bytes;
    api.i2d_X509(certificate, &end);
    if (!key->has_own && api.X509_check_private_key(certificate, key->key) == 1) {
        memmove(key->certificates + 1, key->certificates, key->count * sizeof kept);
        key->certificates[0] = kept;
        key->has_own = 1;
    } else {
        key->certificates[key->count] = kept;
    }
    key->count++;
    return 0;
}

/* 0, or what is wrong with the key. */
static int check(const tabard_rsa_key *key)
{
    if (api.EVP_PKEY_get_base_id(key->key) != EVP_PKEY_RSA) return TABARD_RSA_NO_RSA;
    return api.EVP_PKEY_get_bits(key->key) < smallest_key ? TABARD_RSA_TOO_SMALL : 0;
}

tabard_rsa_key *tabard_rsa_from_pem(
    const void *bytes, size_t size, const void *password_bytes, size_t password_size, int *problem, char *reason, size_t reason_size)
{
    pthread_once(&once, load);
    if (load_problem[0] != 0) return fail(NULL, TABARD_RSA_NO_LIBRARY, problem, reason, reason_size);
    api.ERR_clear_error();
    tabard_rsa_key *key = calloc(1, sizeof *key);
    BIO *source = key != NULL && size <= INT_MAX ? api.BIO_new_mem_buf(bytes, (int)size) : NULL;
    if (source == NULL) return fail(key, TABARD_RSA_UNREADABLE, problem, reason, reason_size);
    struct password password = {password_bytes, password_size, 0};
    key->key = api.PEM_read_bio_PrivateKey(source, NULL, give_password, &password);
    api.BIO_free(source);
    if (key->key == NULL) {
        int what = !password.was_wanted ? TABARD_RSA_UNREADABLE
            : password_bytes == NULL    ? TABARD_RSA_NEEDS_PASSWORD
                                        : TABARD_RSA_WRONG_PASSWORD;
        return fail(key, what, problem, reason, reason_size);
    }
    int wrong = check(key);
    if (wrong != 0) return fail(key, wrong, problem, reason, reason_size);
    /* From the start again: certificates may stand before the key. */
    source = api.BIO_new_mem_buf(bytes, (int)size);
    while (source != NULL && wrong == 0) {
        X509 *certificate = api.PEM_read_bio_X509(source, NULL, NULL, NULL);
        if (certificate == NULL) break;
        if (keep_certificate(key, certificate) != 0) wrong = TABARD_RSA_TOO_MANY;
        api.X509_free(certificate);
    }
    /* A block that is cut must not pass for the end of the file. */
    if (wrong == 0 && api.ERR_peek_last_error() != 0 && ERR_GET_REASON(api.ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        wrong = TABARD_RSA_UNREADABLE;
    if (source != NULL) api.BIO_free(source);
    if (wrong != 0) return fail(key, wrong, problem, reason, reason_size);
    api.ERR_clear_error();
    return key;
}

tabard_rsa_key *tabard_rsa_from_pkcs12(
    const void *bytes, size_t size, const void *password_bytes, size_t password_size, int *problem, char *reason, size_t reason_size)
{
    pthread_once(&once, load);
    if (load_problem[0] != 0) return fail(NULL, TABARD_RSA_NO_LIBRARY, problem, reason, reason_size);
    api.ERR_clear_error();
    tabard_rsa_key *key = calloc(1, sizeof *key);
    BIO *source = key != NULL && size <= INT_MAX ? api.BIO_new_mem_buf(bytes, (int)size) : NULL;
    PKCS12 *store = source != NULL ? api.d2i_PKCS12_bio(source, NULL) : NULL;
    if (source != NULL) api.BIO_free(source);
    if (store == NULL) return fail(key, TABARD_RSA_UNREADABLE, problem, reason, reason_size);
    /* OpenSSL wants it with a zero at its end. */
    char *password = malloc(password_size + 1);
    X509 *own = NULL;
    STACK_OF(X509) *others = NULL;
    int is_open = 0;
    if (password != NULL) {
        if (password_bytes != NULL) memcpy(password, password_bytes, password_size);
        password[password_size] = 0;
        is_open = api.PKCS12_parse(store, password, &key->key, &own, &others) == 1;
        explicit_bzero(password, password_size);
        free(password);
    }
    api.PKCS12_free(store);
    int wrong = 0;
    if (!is_open) {
        unsigned long code = api.ERR_peek_error();
        wrong = ERR_GET_LIB(code) == ERR_LIB_PKCS12 && ERR_GET_REASON(code) == PKCS12_R_MAC_VERIFY_FAILURE
            ? (password_bytes == NULL ? TABARD_RSA_NEEDS_PASSWORD : TABARD_RSA_WRONG_PASSWORD)
            : TABARD_RSA_UNREADABLE;
    } else if (key->key == NULL) {
        wrong = TABARD_RSA_UNREADABLE;
    } else {
        wrong = check(key);
    }
    if (own != NULL) {
        if (wrong == 0 && keep_certificate(key, own) != 0) wrong = TABARD_RSA_TOO_MANY;
        api.X509_free(own);
    }
    for (int index = 0; others != NULL && index < api.OPENSSL_sk_num((const OPENSSL_STACK *)others); index++) {
        X509 *other = api.OPENSSL_sk_value((const OPENSSL_STACK *)others, index);
        if (wrong == 0 && keep_certificate(key, other) != 0) wrong = TABARD_RSA_TOO_MANY;
        api.X509_free(other);
    }
    if (others != NULL) api.OPENSSL_sk_free((OPENSSL_STACK *)others);
    if (wrong != 0) return fail(key, wrong, problem, reason, reason_size);
    api.ERR_clear_error();
    return key;
}

void tabard_rsa_free(tabard_rsa_key *key)
{
    if (key == NULL) return;
    /* OpenSSL overwrites the numbers of a private key before it frees them. */
    if (key->key != NULL) api.EVP_PKEY_free(key->key);
    for (size_t index = 0; index < key->count; index++) free(key->certificates[index].bytes);
    free(key);
}

size_t tabard_rsa_certificate_count(const tabard_rsa_key *key) { return key->count; }

const unsigned char *tabard_rsa_certificate(const tabard_rsa_key *key, size_t index, size_t *size)
{
    *size = index < key->count ? key->certificates[index].size : 0;
    return index < key->count ? key->certificates[index].bytes : NULL;
}

int tabard_rsa_has_own_certificate(const tabard_rsa_key *key) { return key->has_own; }

size_t tabard_rsa_signature_size(const tabard_rsa_key *key)
{
    int size = api.EVP_PKEY_get_size(key->key);
    return size > 0 ? (size_t)size : 0;
}

int tabard_rsa_sign(const tabard_rsa_key *key, int is_pss, const void *bytes, size_t size, unsigned char *signature)
{
    EVP_MD_CTX *context = api.EVP_MD_CTX_new();
    EVP_PKEY_CTX *padding = NULL;
    size_t length = tabard_rsa_signature_size(key);
    int is_good = context != NULL && api.EVP_DigestSignInit(context, &padding, api.EVP_sha256(), NULL, key->key) == 1;
    if (is_good && is_pss) {
        is_good = api.EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) > 0
            && api.EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) > 0;
    }
    is_good = is_good && api.EVP_DigestSign(context, signature, &length, bytes, size) == 1 && length == tabard_rsa_signature_size(key);
    if (context != NULL) api.EVP_MD_CTX_free(context);
    api.ERR_clear_error();
    return is_good ? 0 : -1;
}
