/* The part of OpenSSL's libssl that a TLS client needs, with types where OpenSSL has macros, found with dlsym when it is first needed.
 *
 * Nothing here touches a socket: bytes of the network are given and taken by the caller, who waits, gives up and reports as for any other
 * connection. So no call blocks, and none raises SIGPIPE in a process that is not ours. */
#ifndef TABARD_OPENSSL_H
#define TABARD_OPENSSL_H

#include <stddef.h>

/* What a call came to. */
enum tabard_tls_outcome {
    TABARD_TLS_DONE = 0,
    TABARD_TLS_WANTS_BYTES, /* send what is outgoing, then give what the server sends */
    TABARD_TLS_CLOSED,      /* the server has ended TLS in order (close_notify) */
    TABARD_TLS_FAILED       /* for good; tabard_tls_text() says why */
};

/* Whom to trust, and how TLS is spoken: 1.2 or newer, HTTP/1.1, no renegotiation. Any number of threads. */
typedef struct tabard_tls_context tabard_tls_context;
/* One end of one TLS connection. One thread at a time. */
typedef struct tabard_tls tabard_tls;
/* What a server gave for skipping the certificates next time. */
typedef struct tabard_tls_session tabard_tls_session;

/* Loads libssl.so.3 and libcrypto.so.3 once per process. 0, or -1 with the reason in `reason`. Any thread. */
int tabard_tls_load(char *reason, size_t size);

/* Each of the three may be NULL: a PEM file, hashed folders separated by colons, PEM in memory. NULL when they cannot be read, with OpenSSL's
 * words in `reason`. */
tabard_tls_context *tabard_tls_context_new(
    const char *ca_file, const char *ca_folders, const void *ca_bytes, size_t ca_size, char *reason, size_t size);
/* What is shown to servers that ask who the client is: PEM files, the certificate with its chain. Before the first connection. 0, or -1 with
 * OpenSSL's words in `reason`. */
int tabard_tls_context_present(tabard_tls_context *context, const char *certificate, const char *key, char *reason, size_t size);
void tabard_tls_context_free(tabard_tls_context *context);

/* A connection to the server of that name, or with that IP address when `is_address`. A session that is too old is passed over. NULL without
 * memory, or for a name that is none. */
tabard_tls *tabard_tls_new(tabard_tls_context *context, const char *host, int is_address, tabard_tls_session *session);
void tabard_tls_free(tabard_tls *tls);

/* Bytes that came from the network. 0, or -1 without memory. */
int tabard_tls_give(tabard_tls *tls, const void *bytes, size_t size);
/* Bytes that are to go to the network, valid until the next call; and the word that they went. */
const void *tabard_tls_outgoing(tabard_tls *tls, size_t *size);
void tabard_tls_sent(tabard_tls *tls);

/* Shakes hands, as far as the bytes reach. */
int tabard_tls_handshake(tabard_tls *tls);
/* Decrypts as much as there is and fits; the count, or 0 with another outcome than TABARD_TLS_DONE. */
size_t tabard_tls_read(tabard_tls *tls, void *bytes, size_t size, int *outcome);
/* Encrypts all bytes, at most 16,384. */
int tabard_tls_write(tabard_tls *tls, const void *bytes, size_t size);
/* Whether there is nothing to read, not even an end. */
int tabard_tls_is_quiet(tabard_tls *tls);
/* Makes close_notify outgoing, where there is a connection to end. */
void tabard_tls_close(tabard_tls *tls);

/* The newest session of the server, which is the caller's from then on, or NULL. After bytes of the server were read. */
tabard_tls_session *tabard_tls_take_session(tabard_tls *tls);
void tabard_tls_session_free(tabard_tls_session *session);

/* Why the certificate does not convince: X509_V_ERR_... of x509_vfy.h, 0 when it does. */
long tabard_tls_verify_result(const tabard_tls *tls);
/* OpenSSL's words for the failure. */
const char *tabard_tls_text(const tabard_tls *tls);

#endif
