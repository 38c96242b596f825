/* The part of libcurl that Tabard uses, with types where libcurl has variadic functions, found with dlsym when it is first needed: linking
 * libcurl would cost every start of a program 30 libraries and 7 ms, and most starts need no TLS. */
#ifndef TABARD_CURL_H
#define TABARD_CURL_H

#include <stddef.h>
#include <stdint.h>

/* What became of an exchange: libcurl's codes, put into the classes that are told apart. */
enum tabard_curl_outcome {
    TABARD_CURL_COMPLETE = 0,
    TABARD_CURL_NAME,           /* a name has no address */
    TABARD_CURL_CONNECT,        /* no TCP connection; os_errno says why */
    TABARD_CURL_TIMED_OUT,      /* no connection in time */
    TABARD_CURL_CERTIFICATE,    /* the server's certificate does not convince */
    TABARD_CURL_STORE,          /* the authorities to trust cannot be read */
    TABARD_CURL_TLS,            /* no TLS with this server for another reason */
    TABARD_CURL_CUT,            /* the connection broke while sending or receiving */
    TABARD_CURL_EMPTY,          /* the connection ended without an answer */
    TABARD_CURL_TRUNCATED,      /* the connection ended within the answer */
    TABARD_CURL_NOT_HTTP,
    TABARD_CURL_HEAD_TOO_LARGE,
    TABARD_CURL_PROXY,          /* the proxy would not or could not */
    TABARD_CURL_CALLBACK,       /* a callback returned another number than it was given */
    TABARD_CURL_MEMORY,
    TABARD_CURL_OLD_LIBRARY,    /* libcurl does not know an option that is needed */
    TABARD_CURL_OTHER
};

/* Gets `size` bytes; another result than `size` ends the exchange with TABARD_CURL_CALLBACK. */
typedef size_t (*tabard_curl_receiver)(char *bytes, size_t one, size_t size, void *context);

/* One exchange. `body` and `context` must stay valid until tabard_curl_end(), the rest until tabard_curl_begin() returns. */
typedef struct tabard_curl_request {
    const char *method;
    const char *url;
    const char *resolve;            /* "host:port:address,address", or NULL: libcurl reads the address itself */
    const char *proxy;              /* a URL, or NULL for none, whatever the environment says */
    const char *ca_file;            /* PEM authorities to trust; each of the three may be NULL */
    const char *ca_folders;         /* hashed folders, separated by colons */
    const void *ca_bytes;           /* PEM in memory */
    size_t ca_size;
    const void *body;
    size_t body_size;
    int has_body;                   /* 1: say the length, also when it is 0 */
    long connect_timeout_ms;
    long buffer_size;
    tabard_curl_receiver on_header; /* one header line, its line end included */
    tabard_curl_receiver on_body;
    void *context;
} tabard_curl_request;

/* How an exchange went. */
typedef struct tabard_curl_report {
    int outcome;                    /* tabard_curl_outcome */
    int code;                       /* libcurl's own */
    long os_errno;
    long verify_result;             /* X509_V_ERR_... of OpenSSL */
    long proxy_status;              /* the proxy's answer to CONNECT, 0 for none */
    const char *text;               /* libcurl's words, valid until the next tabard_curl_begin() */
} tabard_curl_report;

/* A transfer and the connections it keeps. One thread at a time. */
typedef struct tabard_curl_worker tabard_curl_worker;

/* Loads libcurl once per process. 0, or -1 with the reason in `reason`. Any thread. */
int tabard_curl_load(char *reason, size_t size);

tabard_curl_worker *tabard_curl_worker_new(void);
void tabard_curl_worker_free(tabard_curl_worker *worker);

/* Adds a line "Name: value" for the next exchange. The copy that this makes is wiped by tabard_curl_end(). 0, or -1 without memory. */
int tabard_curl_add_header(tabard_curl_worker *worker, const void *line, size_t size);

/* Starts an exchange; on anything but TABARD_CURL_COMPLETE there is nothing to step, only to end. Until tabard_curl_end() SIGPIPE is
 * blocked on the calling thread, which makes the other calls: libcurl's TLS may write to a closed connection. */
int tabard_curl_begin(tabard_curl_worker *worker, const tabard_curl_request *request);

/* Moves what can be moved, calling the receivers, and then waits for more: at most `timeout_ms`, and until `cancel_fd` (or -1) is readable.
 * 1 while there is more to do, 0 at the end. */
int tabard_curl_step(tabard_curl_worker *worker, int cancel_fd, int timeout_ms);

/* Whether the connection stands, TLS included. */
int tabard_curl_is_connected(tabard_curl_worker *worker);
/* Whether TCP stands but perhaps not TLS. */
int tabard_curl_has_tcp(tabard_curl_worker *worker);

/* How it went; before tabard_curl_end(). */
void tabard_curl_get_report(tabard_curl_worker *worker, tabard_curl_report *report);

/* Ends the exchange, complete or not, and wipes its headers. An incomplete one loses its connection. */
void tabard_curl_end(tabard_curl_worker *worker);

#endif
