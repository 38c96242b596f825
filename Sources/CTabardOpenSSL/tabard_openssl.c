#define _GNU_SOURCE
#include "tabard_openssl.h"
#include "tabard_closure.h"

#include <dlfcn.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Every function of the two libraries that is called, under its own name. */
#define EACH_FUNCTION(X)                                                                                                                 \
    X(OPENSSL_init_crypto) X(OPENSSL_init_ssl) X(TLS_client_method)                                                                      \
    X(SSL_CTX_new) X(SSL_CTX_free) X(SSL_CTX_ctrl) X(SSL_CTX_set_options) X(SSL_CTX_set_verify) X(SSL_CTX_set_alpn_protos)               \
    X(SSL_CTX_sess_set_new_cb) X(SSL_CTX_load_verify_file) X(SSL_CTX_load_verify_dir) X(SSL_CTX_get_cert_store)                         \
    X(SSL_CTX_use_certificate_chain_file) X(SSL_CTX_use_PrivateKey_file) X(SSL_CTX_check_private_key)                                   \
    X(SSL_CTX_set_default_passwd_cb_userdata)                                                                                           \
    X(SSL_new) X(SSL_free) X(SSL_ctrl) X(SSL_set1_host) X(SSL_set_hostflags) X(SSL_get0_param) X(SSL_set_bio) X(SSL_set_ex_data)         \
    X(SSL_get_ex_data) X(SSL_connect) X(SSL_read_ex) X(SSL_peek_ex) X(SSL_write_ex) X(SSL_shutdown) X(SSL_is_init_finished)             \
    X(SSL_get_error) X(SSL_get_verify_result) X(SSL_set_session) X(SSL_get1_session) X(SSL_session_reused) X(SSL_version)               \
    X(SSL_SESSION_free) X(SSL_SESSION_get_time)                                                                                          \
    X(X509_VERIFY_PARAM_set1_ip_asc) X(X509_STORE_set_flags) X(X509_STORE_add_cert) X(X509_free) X(X509_verify_cert_error_string)       \
    X(PEM_read_bio_X509_AUX) X(BIO_new) X(BIO_new_mem_buf) X(BIO_s_mem) X(BIO_free) X(BIO_write) X(BIO_ctrl) X(BIO_ctrl_pending)        \
    X(ERR_peek_error) X(ERR_peek_last_error) X(ERR_clear_error) X(ERR_reason_error_string) X(ERR_error_string_n)

static struct {
#define DECLARE(name) __typeof__(&name) name;
    EACH_FUNCTION(DECLARE)
#undef DECLARE
} api;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char load_problem[256];

/* A name that was checked longer ago is checked again; seconds. */
static const time_t longest_session = 3600;

static void load(void)
{
    /* It brings libcrypto.so.3, in which dlsym then looks too. */
    void *library = tabard_closure_open("libssl.so.3", load_problem, sizeof load_problem);
    if (library == NULL) return;
#define FIND(name)                                                                                 \
    *(void **)&api.name = dlsym(library, #name);                                                   \
    if (api.name == NULL) {                                                                        \
        snprintf(load_problem, sizeof load_problem, "libssl.so.3 has no " #name);                  \
        return;                                                                                    \
    }
    EACH_FUNCTION(FIND)
#undef FIND
    /* Threads may be within TLS while the process exits: what they use must not be taken down under them. */
    if (api.OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) != 1 || api.OPENSSL_init_ssl(0, NULL) != 1) {
        snprintf(load_problem, sizeof load_problem, "libssl.so.3 does not start");
    }
}

int tabard_tls_load(char *reason, size_t size)
{
    pthread_once(&once, load);
    if (load_problem[0] == 0) return 0;
    snprintf(reason, size, "%s", load_problem);
    return -1;
}

/* The first error of the thread's queue, which is the deepest; leaves the queue empty, as other users of OpenSSL expect it. */
static void take_text(char *text, size_t size)
{
    unsigned long code = api.ERR_peek_error();
    const char *reason = code != 0 ? api.ERR_reason_error_string(code) : NULL;
    if (reason != NULL) {
        snprintf(text, size, "%s", reason);
    } else if (code != 0) {
        api.ERR_error_string_n(code, text, size);
    } else {
        snprintf(text, size, "no reason given");
    }
    api.ERR_clear_error();
}

struct tabard_tls {
    SSL *ssl;
    BIO *in;  /* both belong to `ssl` */
    BIO *out;
    SSL_SESSION *session;
    int has_failed;
    char text[256];
};

/* Called while bytes of the server are read. 1 keeps the reference. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    tabard_tls *tls = api.SSL_get_ex_data(ssl, 0);
    if (tls == NULL) return 0;
    api.SSL_SESSION_free(tls->session);
    tls->session = session;
    return 1;
}

/* The number of certificates that were added. A block that is none is passed over, as Go programs do. */
static int add_authorities(X509_STORE *store, const void *bytes, size_t size)
{
    BIO *source = size <= INT_MAX ? api.BIO_new_mem_buf(bytes, (int)size) : NULL;
    int count = 0;
    while (source != NULL) {
        size_t before = api.BIO_ctrl_pending(source);
        X509 *certificate = api.PEM_read_bio_X509_AUX(source, NULL, NULL, NULL);
        if (certificate != NULL) {
            count += api.X509_STORE_add_cert(store, certificate) == 1;
            api.X509_free(certificate);
        } else if (api.BIO_ctrl_pending(source) == before || ERR_GET_REASON(api.ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
            break;
        }
    }
    if (source != NULL) api.BIO_free(source);
    return count;
}

tabard_tls_context *tabard_tls_context_new(
    const char *ca_file, const char *ca_folders, const void *ca_bytes, size_t ca_size, char *reason, size_t size)
{
    static const unsigned char protocols[] = "\x08http/1.1";
    api.ERR_clear_error();
    SSL_CTX *context = api.SSL_CTX_new(api.TLS_client_method());
    if (context == NULL) {
        take_text(reason, size);
        return NULL;
    }
    X509_STORE *store = api.SSL_CTX_get_cert_store(context);
    int is_good = 1;
    /* The system's policy may ask for more, not for less. */
    if (api.SSL_CTX_ctrl(context, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, NULL) < TLS1_2_VERSION)
        is_good = api.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL) == 1;
    api.SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
    api.SSL_CTX_ctrl(context, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, NULL);
    api.SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    /* Whatever is in the store is trusted by itself, an intermediate authority too. */
    api.X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    /* Here 0 is success. */
    if (is_good) is_good = api.SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1) == 0;
    /* The caller keeps sessions, by server. */
    api.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL, NULL);
    api.SSL_CTX_sess_set_new_cb(context, keep_session);

    if (is_good && ca_file != NULL) is_good = api.SSL_CTX_load_verify_file(context, ca_file) == 1;
    if (is_good && ca_folders != NULL) is_good = api.SSL_CTX_load_verify_dir(context, ca_folders) == 1;
    if (is_good && ca_bytes != NULL) is_good = add_authorities(store, ca_bytes, ca_size) > 0;
    if (!is_good) {
        take_text(reason, size);
        api.SSL_CTX_free(context);
        return NULL;
    }
    api.ERR_clear_error();
    return (tabard_tls_context *)context;
}

int tabard_tls_context_present(tabard_tls_context *context, const char *certificate, const char *key, char *reason, size_t size)
{
    SSL_CTX *own = (SSL_CTX *)context;
    api.ERR_clear_error();
    /* A key behind a password would else make libssl ask at the terminal. */
    api.SSL_CTX_set_default_passwd_cb_userdata(own, (void *)"");
    if (api.SSL_CTX_use_certificate_chain_file(own, certificate) == 1 && api.SSL_CTX_use_PrivateKey_file(own, key, SSL_FILETYPE_PEM) == 1
        && api.SSL_CTX_check_private_key(own) == 1)
        return 0;
    take_text(reason, size);
    return -1;
}

void tabard_tls_context_free(tabard_tls_context *context)
{
    api.SSL_CTX_free((SSL_CTX *)context);
}

tabard_tls *tabard_tls_new(tabard_tls_context *context, const char *host, int is_address, tabard_tls_session *session)
{
    tabard_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) return NULL;
    api.ERR_clear_error();
    tls->ssl = api.SSL_new((SSL_CTX *)context);
    tls->in = api.BIO_new(api.BIO_s_mem());
    tls->out = api.BIO_new(api.BIO_s_mem());
    if (tls->ssl == NULL || tls->in == NULL || tls->out == NULL) {
        if (tls->in != NULL) api.BIO_free(tls->in);
        if (tls->out != NULL) api.BIO_free(tls->out);
        tabard_tls_free(tls);
        return NULL;
    }
    api.SSL_set_bio(tls->ssl, tls->in, tls->out);
    int is_good = api.SSL_set_ex_data(tls->ssl, 0, tls) == 1;
    if (is_address) {
        is_good = is_good && api.X509_VERIFY_PARAM_set1_ip_asc(api.SSL_get0_param(tls->ssl), host) == 1;
    } else {
        api.SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        is_good = is_good && host[0] != 0 && api.SSL_set1_host(tls->ssl, host) == 1
                  && api.SSL_ctrl(tls->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)host) == 1;
    }
    if (!is_good) {
        api.ERR_clear_error();
        tabard_tls_free(tls);
        return NULL;
    }
    SSL_SESSION *earlier = (SSL_SESSION *)session;
    if (earlier != NULL && api.SSL_SESSION_get_time(earlier) + longest_session > time(NULL)) api.SSL_set_session(tls->ssl, earlier);
    return tls;
}

void tabard_tls_free(tabard_tls *tls)
{
    if (tls->session != NULL) api.SSL_SESSION_free(tls->session);
    if (tls->ssl != NULL) api.SSL_free(tls->ssl);
    free(tls);
}

int tabard_tls_give(tabard_tls *tls, const void *bytes, size_t size)
{
    return size <= INT_MAX && api.BIO_write(tls->in, bytes, (int)size) == (int)size ? 0 : -1;
}

const void *tabard_tls_outgoing(tabard_tls *tls, size_t *size)
{
    void *bytes = NULL;
    long count = api.BIO_ctrl(tls->out, BIO_CTRL_INFO, 0, &bytes);
    *size = count > 0 ? (size_t)count : 0;
    return bytes;
}

void tabard_tls_sent(tabard_tls *tls)
{
    (void)api.BIO_ctrl(tls->out, BIO_CTRL_RESET, 0, NULL);
}

static int outcome_of(tabard_tls *tls, int result)
{
    switch (api.SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_NONE: return TABARD_TLS_DONE;
    case SSL_ERROR_WANT_READ: return TABARD_TLS_WANTS_BYTES;
    case SSL_ERROR_ZERO_RETURN: return TABARD_TLS_CLOSED;
    default:
        tls->has_failed = 1;
        take_text(tls->text, sizeof tls->text);
        return TABARD_TLS_FAILED;
    }
}

int tabard_tls_handshake(tabard_tls *tls)
{
    if (tls->has_failed) return TABARD_TLS_FAILED;
    api.ERR_clear_error();
    return outcome_of(tls, api.SSL_connect(tls->ssl));
}

size_t tabard_tls_read(tabard_tls *tls, void *bytes, size_t size, int *outcome)
{
    size_t total = 0;
    *outcome = tls->has_failed ? TABARD_TLS_FAILED : TABARD_TLS_DONE;
    /* One call decrypts one record. */
    while (*outcome == TABARD_TLS_DONE && total < size) {
        size_t count = 0;
        api.ERR_clear_error();
        *outcome = outcome_of(tls, api.SSL_read_ex(tls->ssl, (char *)bytes + total, size - total, &count));
        total += count;
    }
    if (total > 0) *outcome = TABARD_TLS_DONE;
    return total;
}

int tabard_tls_write(tabard_tls *tls, const void *bytes, size_t size)
{
    if (tls->has_failed) return TABARD_TLS_FAILED;
    size_t count = 0;
    api.ERR_clear_error();
    return outcome_of(tls, api.SSL_write_ex(tls->ssl, bytes, size, &count));
}

int tabard_tls_is_quiet(tabard_tls *tls)
{
    char byte = 0;
    size_t count = 0;
    if (tls->has_failed) return 0;
    api.ERR_clear_error();
    int result = api.SSL_peek_ex(tls->ssl, &byte, 1, &count);
    explicit_bzero(&byte, 1);
    return outcome_of(tls, result) == TABARD_TLS_WANTS_BYTES;
}

void tabard_tls_close(tabard_tls *tls)
{
    if (tls->has_failed || !api.SSL_is_init_finished(tls->ssl)) return;
    api.ERR_clear_error();
    (void)api.SSL_shutdown(tls->ssl);
    api.ERR_clear_error();
}

tabard_tls_session *tabard_tls_take_session(tabard_tls *tls)
{
    SSL_SESSION *session = tls->session;
    tls->session = NULL;
    /* TLS 1.2 may use one session again and again; of TLS 1.3 each is good for one connection (RFC 8446 appendix C.4). */
    if (session == NULL && api.SSL_version(tls->ssl) < TLS1_3_VERSION && api.SSL_session_reused(tls->ssl))
        session = api.SSL_get1_session(tls->ssl);
    return (tabard_tls_session *)session;
}

void tabard_tls_session_free(tabard_tls_session *session)
{
    api.SSL_SESSION_free((SSL_SESSION *)session);
}

long tabard_tls_verify_result(const tabard_tls *tls)
{
    return api.SSL_get_verify_result(tls->ssl);
}

const char *tabard_tls_text(const tabard_tls *tls)
{
    long result = api.SSL_get_verify_result(tls->ssl);
    return result == X509_V_OK ? tls->text : api.X509_verify_cert_error_string(result);
}
