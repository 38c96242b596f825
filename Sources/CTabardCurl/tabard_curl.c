#define _GNU_SOURCE
#define CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_DEPRECATION
#include "tabard_curl.h"
#include "tabard_closure.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef RTLD_NODELETE
#error "RTLD_NODELETE is needed"
#endif

/* The names are those of <curl/curl.h> without their first "curl_". */
static struct {
    CURLcode (*global_init)(long);
    CURL *(*easy_init)(void);
    void (*easy_reset)(CURL *);
    void (*easy_cleanup)(CURL *);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    const char *(*easy_strerror)(CURLcode);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_cleanup)(CURLM *);
    CURLMcode (*multi_add_handle)(CURLM *, CURL *);
    CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
    CURLMcode (*multi_perform)(CURLM *, int *);
    CURLMcode (*multi_poll)(CURLM *, struct curl_waitfd *, unsigned int, int, int *);
    CURLMsg *(*multi_info_read)(CURLM *, int *);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    CURLSH *(*share_init)(void);
    CURLSHcode (*share_setopt)(CURLSH *, CURLSHoption, ...);
} api;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char load_problem[256];
/* TLS sessions, so that a further connection to a server need not check its certificates again. */
static CURLSH *share;
static pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];

static void lock_share(CURL *handle, curl_lock_data data, curl_lock_access access, void *context)
{
    (void)handle, (void)access, (void)context;
    pthread_mutex_lock(&share_locks[data]);
}

static void unlock_share(CURL *handle, curl_lock_data data, void *context)
{
    (void)handle, (void)context;
    pthread_mutex_unlock(&share_locks[data]);
}

static void load(void)
{
    void *library = tabard_closure_open("libcurl.so.4", load_problem, sizeof load_problem);
    if (library == NULL) return;
#define FIND(name)                                                                                             \
    do {                                                                                                       \
        *(void **)&api.name = dlsym(library, "curl_" #name);                                                   \
        if (api.name == NULL) {                                                                                \
            snprintf(load_problem, sizeof load_problem, "libcurl.so.4 is too old: it has no curl_" #name);     \
            return;                                                                                            \
        }                                                                                                      \
    } while (0)
    FIND(global_init);
    FIND(easy_init);
    FIND(easy_reset);
    FIND(easy_cleanup);
    FIND(easy_setopt);
    FIND(easy_getinfo);
    FIND(easy_strerror);
    FIND(multi_init);
    FIND(multi_cleanup);
    FIND(multi_add_handle);
    FIND(multi_remove_handle);
    FIND(multi_perform);
    FIND(multi_poll);
    FIND(multi_info_read);
    FIND(slist_append);
    FIND(slist_free_all);
    FIND(share_init);
    FIND(share_setopt);
#undef FIND
    CURLcode code = api.global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) {
        snprintf(load_problem, sizeof load_problem, "libcurl does not start: %s", api.easy_strerror(code));
        return;
    }
    for (size_t i = 0; i < CURL_LOCK_DATA_LAST; i++) pthread_mutex_init(&share_locks[i], NULL);
    /* Without it everything works, only slower. */
    share = api.share_init();
    if (share != NULL) {
        api.share_setopt(share, CURLSHOPT_LOCKFUNC, lock_share);
        api.share_setopt(share, CURLSHOPT_UNLOCKFUNC, unlock_share);
        api.share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    }
}

int tabard_curl_load(char *reason, size_t size)
{
    pthread_once(&once, load);
    if (load_problem[0] == 0) return 0;
    snprintf(reason, size, "%s", load_problem);
    return -1;
}

struct tabard_curl_worker {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    struct curl_slist *resolve;
    int is_added;
    int is_blocking_pipe;
    CURLcode code;
    char text[CURL_ERROR_SIZE];
};

tabard_curl_worker *tabard_curl_worker_new(void)
{
    tabard_curl_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) return NULL;
    worker->multi = api.multi_init();
    worker->easy = api.easy_init();
    if (worker->multi == NULL || worker->easy == NULL) {
        tabard_curl_worker_free(worker);
        return NULL;
    }
    return worker;
}

void tabard_curl_worker_free(tabard_curl_worker *worker)
{
    if (worker->easy != NULL) api.easy_cleanup(worker->easy);
    if (worker->multi != NULL) api.multi_cleanup(worker->multi);
    free(worker);
}

int tabard_curl_add_header(tabard_curl_worker *worker, const void *line, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL) return -1;
    memcpy(text, line, size);
    text[size] = 0;
    struct curl_slist *longer = api.slist_append(worker->headers, text);
    explicit_bzero(text, size);
    free(text);
    if (longer == NULL) return -1;
    worker->headers = longer;
    return 0;
}

static int outcome_of(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OK: return TABARD_CURL_COMPLETE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return TABARD_CURL_NAME;
    case CURLE_COULDNT_CONNECT: return TABARD_CURL_CONNECT;
    case CURLE_OPERATION_TIMEDOUT: return TABARD_CURL_TIMED_OUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR: return TABARD_CURL_CERTIFICATE;
    case CURLE_SSL_CACERT_BADFILE: return TABARD_CURL_STORE;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_CERTPROBLEM: return TABARD_CURL_TLS;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return TABARD_CURL_CUT;
    case CURLE_GOT_NOTHING: return TABARD_CURL_EMPTY;
    case CURLE_PARTIAL_FILE: return TABARD_CURL_TRUNCATED;
    case CURLE_UNSUPPORTED_PROTOCOL: /* "Received HTTP/0.9 when not allowed" */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return TABARD_CURL_NOT_HTTP;
    case 100: /* CURLE_TOO_LARGE, since 8.6 */ return TABARD_CURL_HEAD_TOO_LARGE;
    case 97: /* CURLE_PROXY, since 7.73 */ return TABARD_CURL_PROXY;
    case CURLE_WRITE_ERROR: return TABARD_CURL_CALLBACK;
    case CURLE_OUT_OF_MEMORY: return TABARD_CURL_MEMORY;
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN: return TABARD_CURL_OLD_LIBRARY;
    default: return TABARD_CURL_OTHER;
    }
}

static CURLcode set_options(tabard_curl_worker *worker, const tabard_curl_request *request)
{
    CURLcode code;
#define SET(option, value)                                                                      \
    do {                                                                                        \
        code = api.easy_setopt(worker->easy, option, value);                                    \
        if (code != CURLE_OK) return code;                                                      \
    } while (0)
    SET(CURLOPT_ERRORBUFFER, worker->text);
    SET(CURLOPT_NOSIGNAL, 1L);
    if (share != NULL) SET(CURLOPT_SHARE, share);

    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    SET(CURLOPT_HTTPHEADER, worker->headers);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

    if (strcmp(request->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else if (request->has_body) {
        SET(CURLOPT_POSTFIELDS, request->body != NULL ? request->body : "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
        SET(CURLOPT_CUSTOMREQUEST, request->method);
    } else {
        SET(CURLOPT_HTTPGET, 1L);
        SET(CURLOPT_CUSTOMREQUEST, request->method);
    }

    /* An empty proxy and an empty list of exceptions keep libcurl from reading the environment. */
    SET(CURLOPT_PROXY, request->proxy != NULL ? request->proxy : "");
    SET(CURLOPT_NOPROXY, "");
    if (request->resolve != NULL) {
        worker->resolve = api.slist_append(NULL, request->resolve);
        if (worker->resolve == NULL) return CURLE_OUT_OF_MEMORY;
        SET(CURLOPT_RESOLVE, worker->resolve);
    }

    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CAINFO, request->ca_file);
    SET(CURLOPT_CAPATH, request->ca_folders);
    struct curl_blob blob = {(void *)request->ca_bytes, request->ca_size, CURL_BLOB_COPY};
    if (request->ca_bytes != NULL) SET(CURLOPT_CAINFO_BLOB, &blob);
    /* A proxy that speaks TLS itself is held to the same. */
    if (request->proxy != NULL && strncmp(request->proxy, "https://", 8) == 0) {
        SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        SET(CURLOPT_PROXY_CAINFO, request->ca_file);
        SET(CURLOPT_PROXY_CAPATH, request->ca_folders);
        if (request->ca_bytes != NULL) SET(CURLOPT_PROXY_CAINFO_BLOB, &blob);
    }

    SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_BUFFERSIZE, request->buffer_size);
    SET(CURLOPT_HEADERFUNCTION, request->on_header);
    SET(CURLOPT_HEADERDATA, request->context);
    SET(CURLOPT_WRITEFUNCTION, request->on_body);
    SET(CURLOPT_WRITEDATA, request->context);
#undef SET
    return CURLE_OK;
}

int tabard_curl_begin(tabard_curl_worker *worker, const tabard_curl_request *request)
{
    sigset_t pipe_only, before;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    worker->is_blocking_pipe = pthread_sigmask(SIG_BLOCK, &pipe_only, &before) == 0 && !sigismember(&before, SIGPIPE);

    worker->text[0] = 0;
    worker->code = set_options(worker, request);
    if (worker->code == CURLE_OK) {
        worker->is_added = api.multi_add_handle(worker->multi, worker->easy) == CURLM_OK;
        if (!worker->is_added) worker->code = CURLE_OUT_OF_MEMORY;
    }
    return outcome_of(worker->code);
}

int tabard_curl_step(tabard_curl_worker *worker, int cancel_fd, int timeout_ms)
{
    int running = 0, left = 0;
    CURLMcode problem = api.multi_perform(worker->multi, &running);
    if (problem != CURLM_OK) {
        worker->code = problem == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT;
        return 0;
    }
    CURLMsg *message;
    while ((message = api.multi_info_read(worker->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            worker->code = message->data.result;
            return 0;
        }
    }
    struct curl_waitfd cancel = {cancel_fd, CURL_WAIT_POLLIN, 0};
    if (api.multi_poll(worker->multi, &cancel, cancel_fd >= 0 ? 1 : 0, timeout_ms, NULL) != CURLM_OK) {
        worker->code = CURLE_OUT_OF_MEMORY;
        return 0;
    }
    return 1;
}

static int has_passed(tabard_curl_worker *worker, CURLINFO moment)
{
    curl_off_t microseconds = 0;
    return api.easy_getinfo(worker->easy, moment, &microseconds) == CURLE_OK && microseconds > 0;
}

int tabard_curl_is_connected(tabard_curl_worker *worker)
{
    return has_passed(worker, CURLINFO_PRETRANSFER_TIME_T);
}

int tabard_curl_has_tcp(tabard_curl_worker *worker)
{
    return has_passed(worker, CURLINFO_CONNECT_TIME_T);
}

void tabard_curl_get_report(tabard_curl_worker *worker, tabard_curl_report *report)
{
    memset(report, 0, sizeof *report);
    report->code = (int)worker->code;
    report->outcome = outcome_of(worker->code);
    api.easy_getinfo(worker->easy, CURLINFO_OS_ERRNO, &report->os_errno);
    api.easy_getinfo(worker->easy, CURLINFO_SSL_VERIFYRESULT, &report->verify_result);
    api.easy_getinfo(worker->easy, CURLINFO_HTTP_CONNECTCODE, &report->proxy_status);
    report->text = worker->text[0] != 0 ? worker->text : api.easy_strerror(worker->code);
}

void tabard_curl_end(tabard_curl_worker *worker)
{
    if (worker->is_added) api.multi_remove_handle(worker->multi, worker->easy);
    worker->is_added = 0;
    /* Forgets every pointer of the request; connections and TLS sessions stay. */
    api.easy_reset(worker->easy);
    for (struct curl_slist *entry = worker->headers; entry != NULL; entry = entry->next) {
        explicit_bzero(entry->data, strlen(entry->data));
    }
    if (worker->headers != NULL) api.slist_free_all(worker->headers);
    if (worker->resolve != NULL) api.slist_free_all(worker->resolve);
    worker->headers = NULL;
    worker->resolve = NULL;
    if (worker->is_blocking_pipe) {
        sigset_t pipe_only;
        sigemptyset(&pipe_only);
        sigaddset(&pipe_only, SIGPIPE);
        const struct timespec now = {0, 0};
        while (sigtimedwait(&pipe_only, NULL, &now) > 0) {}
        pthread_sigmask(SIG_UNBLOCK, &pipe_only, NULL);
        worker->is_blocking_pipe = 0;
    }
}
