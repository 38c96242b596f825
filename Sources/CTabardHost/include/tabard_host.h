/* tabard_host.h - Tabard for embedders: plugins, docker credentials, cache and refresh in the process of any
 * puller, behind a C boundary.  libtabard.so.1, major version 1.
 *
 * Compiles as C11 and later and as C++11 and later; needs tabard.h, of which it takes the strings, the statuses and
 * the rules of growth: struct_size first, fields only appended, zero means "as before this field existed", open
 * enumerations, the major version in every name.  A struct that is shorter than this header's is refused with
 * TABARD_E_INVALID; zero it and set struct_size.  Numbers in `reserved` and unknown flags must be 0.
 *
 * Memory   Nobody frees what the other side allocated.  What a callback gets is valid until the callback returns:
 *          copy what you keep, and overwrite copies of passwords when you are done (tabard_secure_zero()).  What you
 *          pass in may be freed as soon as the function returns, but for log and log_data (until tabard_close_v1()
 *          has returned) and cancel_fd (until tabard_resolve_v1() has returned).
 * Threads  Every function may be called from any thread, and calls overlap.  Callbacks of a sink run on the calling
 *          thread before the function returns, with no lock held; they may call this library again, except
 *          tabard_close_v1().  The log callback runs on any thread, its lines may overlap, and it may not call
 *          this library at all.  No callback may leave by longjmp or an exception.
 * Process  No global state: handles with different configurations live side by side, each with its own cache.  No
 *          signal handlers, nothing on stdout or stderr.  After fork() the child gets TABARD_E_UNSUPPORTED from every
 *          function of a handle that its parent opened, and may open its own.  The library stays loaded for the
 *          life of the process, like every plugin (-z nodelete).  A plugin that crashes takes the process with
 *          it: set providers.ID.isolation to "process" where that must not happen.
 * Text     UTF-8 without NUL.  Whatever breaks this or a limit below is refused with TABARD_E_INVALID and a problem.
 */
#ifndef TABARD_HOST_H
#define TABARD_HOST_H

#include "tabard.h"

#if defined(__clang__) && !defined(__cplusplus)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunknown-warning-option"
#pragma clang diagnostic ignored "-Wfixed-enum-extension"
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* From a tabard_open_v1() that returned TABARD_OK until tabard_close_v1() begins.  From then on no thread may pass it to
 * any function, as with free(): join whoever might first.  Calls that began before are waited for. */
typedef struct tabard_handle tabard_handle;

/* ---- what callbacks get -------------------------------------------------------------------------------- */

/* Why something failed, for people, without secrets. */
typedef struct tabard_problem_v1 {
    uint32_t struct_size;
    tabard_status status;         /* TABARD_E_DENIED, TABARD_E_UNAVAILABLE, ... */
    tabard_str source;            /* "aws-ecr-key", a file; present and empty: the arguments of the call */
    tabard_str message;           /* one line: what, on what, why, what to try */
    int64_t retry_after_ns;       /* how long the other side asked to be left alone; TABARD_DURATION_UNSET: not known */
} tabard_problem_v1;

TABARD_ENUM(tabard_entry_kind) {
    TABARD_ENTRY_BASIC = 1,            /* username and password, for HTTP Basic or a token server */
    TABARD_ENTRY_IDENTITY_TOKEN = 2,   /* password is an OAuth2 refresh token for the registry's token server */
    TABARD_ENTRY_REGISTRY_TOKEN = 3    /* password is a bearer token for the registry itself */
};

/* What to present to the registry of the image that was asked about, and to no other. */
typedef struct tabard_entry_v1 {
    uint32_t struct_size;
    tabard_entry_kind kind;
    uint64_t id;                  /* for tabard_invalidate_v1(): the same as long as it is the same credential, never
                                   * another's in one handle; 0: from a file or helper, nothing to invalidate */
    tabard_str registry;          /* the pattern that it was made for: "*.dkr.ecr.*.amazonaws.com" */
    tabard_str username;          /* possibly empty */
    tabard_str password;          /* secret */
    tabard_str source;            /* where it came from: "plugin aws-ecr-key", "docker-config /root/.docker/config.json: r.io" */
    int64_t expires_at_unix_ns;   /* when its source stops honouring it; 0: not known */
} tabard_entry_v1;

/* Where answers go.  Either function may be NULL: that part of the answer is dropped. */
typedef struct tabard_sink_v1 {
    uint32_t struct_size;
    uint32_t reserved;            /* 0 */
    void *data;                   /* handed to both */

    /* One entry, in the order to try them: pull secrets, docker config and environment, providers; in each the most
     * specific pattern first. */
    void (*entry)(void *data, const tabard_entry_v1 *entry);

    /* One thing that did not work.  May come with TABARD_OK, too: one of two sources failed, a file is ignored. */
    void (*problem)(void *data, const tabard_problem_v1 *problem);
} tabard_sink_v1;

typedef struct tabard_text_sink_v1 {
    uint32_t struct_size;
    uint32_t reserved;            /* 0 */
    void *data;

    /* Called once if the function succeeds, with the whole text, else not at all. */
    void (*text)(void *data, const char *text, size_t len);
} tabard_text_sink_v1;

/* ---- opening ------------------------------------------------------------------------------------------- */

/* Zeroed but for struct_size, it opens what the command line `tabard` would use. */
typedef struct tabard_open_options_v1 {
    uint32_t struct_size;
    uint32_t flags;               /* TABARD_OPEN_... */
    tabard_str_list plugin_dirs;  /* at most 64; none: TABARD_PLUGIN_PATH, then tabard/v1 beside this library */
    tabard_str config_path;       /* absent: TABARD_CONFIG, then /etc/tabard/config.json where it exists */
    tabard_str config_text;       /* present: the configuration itself, at most 1 MiB; then no config_path */
    tabard_str docker_config;     /* a file or folder; absent: where docker and the kubelet look */
    void *log_data;               /* handed to log */

    /* Says one line, without a newline and without secrets; not terminated.  NULL: nothing is said. */
    void (*log)(void *log_data, tabard_log_level level, const char *text, size_t len);

    tabard_str application;       /* "my-puller/1.2", for plugins and the User-Agent: at most 128 visible ASCII bytes and blanks */
} tabard_open_options_v1;

/* Sources are asked during tabard_resolve_v1() only.  Without it a thread of the handle asks again ahead of the end
 * of entries that were used lately, so that no caller waits for them. */
#define TABARD_OPEN_NO_REFRESH 0x1u
/* Ask the plugins in this process, never a node's agent. */
#define TABARD_OPEN_NO_AGENT 0x2u

/* Reads configuration, docker config and manifests, and makes a handle.  Loads no plugin that has a manifest and
 * asks no network.
 *   TABARD_OK             *handle is open; problems (may be NULL) got what is not used, such as a refused plugin
 *   TABARD_E_INVALID      an argument or the configuration is wrong: a problem says which and where
 *   TABARD_E_LOCAL        a file cannot be read, or there is no thread to be had
 * Whatever fails, *handle is NULL.  [blocks for files only] */
TABARD_EXPORT tabard_status tabard_open_v1(const tabard_open_options_v1 *options, const tabard_sink_v1 *problems,
                                           tabard_handle **handle);

/* ---- asking -------------------------------------------------------------------------------------------- */

/* Zeroed but for struct_size and image, it asks on behalf of the machine. */
typedef struct tabard_query_v1 {
    uint32_t struct_size;
    uint32_t flags;               /* 0 */
    tabard_str image;             /* "registry.example.com/app:1", at most 4 KiB */
    tabard_str_list pull_secrets; /* at most 256: Kubernetes Secrets or docker configs as JSON, at most 4 MiB each */
    tabard_str service_account_token;             /* secret; shown only to providers that use one; at most 64 KiB */
    tabard_kv_list service_account_annotations;   /* at most 256, 64 KiB each */
    tabard_str identity;          /* on whose behalf, such as namespace/name/uid: entries are never shared between
                                   * different ones; at most 4 KiB; never sent anywhere */
    int64_t timeout_ns;           /* 0: 45 s */
    int32_t cancel_fd;            /* readable means give up; only polled; -1 or 0: none */
    uint32_t reserved;            /* 0 */
} tabard_query_v1;

/* Asks every source that serves the image, providers through the cache, and emits what is for the image.
 *   TABARD_OK             every entry went to sink->entry; none at all: pull anonymously
 *   TABARD_E_INVALID      an argument is wrong, or nothing but malformed pull secrets was to be had
 *   TABARD_E_CANCELLED    cancel_fd became readable
 *   TABARD_E_DEADLINE     no source that serves the image answered in time
 *   any other             no source gave an entry, and this is why the first of them failed (see tabard_status)
 * Each failure also went to sink->problem.  A call that gives up leaves the question to its source running, and
 * the next one finds the answer.  [blocks until timeout_ns] */
TABARD_EXPORT tabard_status tabard_resolve_v1(tabard_handle *handle, const tabard_query_v1 *query,
                                              const tabard_sink_v1 *sink);

/* Reports that the registry answered 401 to an entry: it is dropped, and the next resolve asks its source again, once,
 * past any cache of the source's own.
 *   TABARD_OK             resolve again: another entry may come
 *   TABARD_E_DENIED       the entry is itself less than a minute old and the answer to such a report: the registry
 *                         refuses the account, and it stays in service
 *   TABARD_E_NOT_FOUND    id is 0 or unknown: asking again brings nothing new
 * [quick] */
TABARD_EXPORT tabard_status tabard_invalidate_v1(tabard_handle *handle, uint64_t entry_id);

/* Why an image gets the entries it gets, as one JSON object (the one of `tabard explain --json`), without
 * passwords and without asking any provider.  TABARD_E_INVALID: an argument is wrong.  [quick] */
TABARD_EXPORT tabard_status tabard_explain_v1(tabard_handle *handle, const tabard_query_v1 *query,
                                              const tabard_text_sink_v1 *json);

/* Counters of the handle in the OpenMetrics text format, ending with # EOF.  [quick] */
TABARD_EXPORT tabard_status tabard_metrics_v1(tabard_handle *handle, const tabard_text_sink_v1 *openmetrics);

/* ---- keeping up ---------------------------------------------------------------------------------------- */

/* Reads the configuration (again from its file, or the same text) and the plugin folders again.  The docker config needs
 * no such call: it is read again when its file has changed.
 * Entries of the cache stay unless the configuration of a provider changed.  Plugins in memory stay as they are.
 *   TABARD_OK             the next resolve goes by it
 *   TABARD_E_...          as for tabard_open_v1(); what was in force stays in force
 * [blocks for files only] */
TABARD_EXPORT tabard_status tabard_reload_v1(tabard_handle *handle, const tabard_sink_v1 *problems);

/* Waits for the calls in flight, ends the handle's threads, overwrites its secrets and frees it.  From then on no
 * callback comes.  A provider that ignores its deadline is waited for two seconds and then left behind.
 *   TABARD_OK             also for NULL
 *   TABARD_E_INVALID      called from a callback of this handle: nothing was done
 *   TABARD_E_UNSUPPORTED  in a child after fork(): nothing was done, the parent's handle is untouched */
TABARD_EXPORT tabard_status tabard_close_v1(tabard_handle *handle);

#ifdef __cplusplus
}
#endif

#if defined(__clang__) && !defined(__cplusplus)
#pragma clang diagnostic pop
#endif

#endif /* TABARD_HOST_H */
