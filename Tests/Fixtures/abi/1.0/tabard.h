/* tabard.h - plugins that obtain registry credentials: the C boundary, major version 1.
 *
 * This one file is the whole contract between a host (provider-exec, a puller, a test harness) and a plugin
 * (a .so in C, C++, Rust, Go or Swift).  It needs <stddef.h> and <stdint.h> only and compiles as C11 and later
 * and as C++11 and later.
 *
 * A plugin exports one function, tabard_plugin_entry_v1().  It hands out a table of providers; a provider
 * says which images it serves and, when asked, emits the username and password that their registry accepts.
 *
 * Versions
 *   MAJOR is part of every symbol and type name that carries a layout (..._v1).  One .so may export the entries
 *     of several majors; a host looks for the newest it knows first.  Nothing is negotiated across majors: a
 *     wrong pairing fails at dlsym() instead of misreading memory.
 *   MINOR only appends.  A released field keeps its offset, type and meaning.  Who makes a struct writes its
 *     sizeof into struct_size; who reads it uses a field only if TABARD_HAS() says that the struct reaches that
 *     far, and else behaves as if the field were zero.  So zero always means "as before this field existed".
 *   EXTENSIONS carry what is optional or still moving.  They are asked for by id ("tabard.http/1"; third
 *     parties use a reverse domain name, "com.example.thing/1").  An id names one layout for ever.
 *   FROZEN types have no struct_size, because they are elements of arrays.  They never change.
 *
 * Tags: the brackets behind each function pointer below
 *   [any thread]      it may be called from any thread, at any time, by whoever holds a valid pointer
 *   [one at a time]   for one instance the host makes one such call at a time, on any thread; a provider with
 *                     TABARD_PROVIDER_CONCURRENT lets calls of provide() and matches() overlap
 *   [during the call] it may be called from any thread, but only until the create() or provide() that was
 *                     given the tabard_call_v1 returns
 *   [blocks]          it may take until call->deadline_ns
 *   [quick]           it does no I/O and returns in microseconds
 *
 * Memory: nobody frees what the other side allocated
 *   A pointer passed into a call is valid until that call returns; who keeps the bytes copies them.
 *   What the host hands back during create() or provide() (an HTTP answer) is the host's, valid until that
 *   create() or provide() returns; then the host overwrites and frees it.
 *   Tables (host, plugin, provider, extensions) and the strings in them are valid until the process ends.
 *   Results go through call->add_auth(), which copies.  A plugin overwrites its own copies of secrets when it
 *   is done (tabard_secure_zero()).
 *
 * Strings
 *   Pointer and length, UTF-8, no terminating NUL promised, no NUL inside.  {NULL, 0} is "absent"; a pointer
 *   with length 0 is "present and empty".  Either side refuses other strings with TABARD_E_INVALID.
 *
 * Time
 *   Calls block.  They end by call->deadline_ns (on host->monotonic_ns()), or soon after call->is_cancelled()
 *   turns non-zero.  Both clocks are the host's, so that tests can own time.
 *
 * What a plugin must not do
 *   Write to stdout (it is the kubelet's answer channel) or read stdin; let an exception, a panic or a longjmp
 *   leave a call; exit; fork without exec; change environment, working directory, umask, locale or signal
 *   dispositions; start threads or touch the network or the disk before create(); leave threads, open files or
 *   child processes behind when destroy() returns; call the plugin's own table from inside a host function; put a
 *   secret in a log line or an error.  A language runtime's own threads and signal handlers (Go has some) are
 *   excepted, as long as it hands on the signals that are not its own.
 *
 * Loading, as hosts of this project do it
 *   dlopen(RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE), never dlclose: the Go and Swift runtimes cannot be unloaded.
 *   Export TABARD_ENTRY_SYMBOL and nothing else.
 */
#ifndef TABARD_H
#define TABARD_H

#include <stddef.h>
#include <stdint.h>

#define TABARD_ABI_MAJOR 1
#define TABARD_ABI_MINOR 0

/* The one symbol a plugin exports, for dlsym(). */
#define TABARD_ENTRY_SYMBOL "tabard_plugin_entry_v1"

/* ---- language plumbing --------------------------------------------------------------------------------- */

#if defined(__GNUC__) || defined(__clang__)
#define TABARD_EXPORT __attribute__((visibility("default")))
#else
#define TABARD_EXPORT
#endif

/* An enumeration that is an int32_t at the boundary under every compiler, and whose values are open: a reader
 * must expect numbers that it does not know. */
#if defined(__cplusplus) || defined(__clang__) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define TABARD_ENUM(name) enum name : int32_t; typedef enum name name; enum name : int32_t
#else
#define TABARD_ENUM(name) typedef int32_t name; enum
#endif

#if defined(__clang__) && !defined(__cplusplus)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunknown-warning-option"
#pragma clang diagnostic ignored "-Wfixed-enum-extension"
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- frozen types -------------------------------------------------------------------------------------- */

typedef struct tabard_str {
    const char *ptr;
    size_t len;
} tabard_str;

typedef struct tabard_str_list {
    const tabard_str *items;        /* NULL only if count is 0 */
    size_t count;
} tabard_str_list;

typedef struct tabard_kv {
    tabard_str key;
    tabard_str value;
} tabard_kv;

typedef struct tabard_kv_list {
    const tabard_kv *items;         /* NULL only if count is 0 */
    size_t count;
} tabard_kv_list;

/* One setting that a provider understands. */
typedef struct tabard_setting {
    tabard_str key;                 /* "region"; numbers left out, so "rules.match" stands for "rules.0.match", ... */
    tabard_str doc;                 /* one line: meaning, unit, default */
    int32_t kind;                   /* TABARD_SETTING_TEXT, ...: a tabard_setting_kind */
    uint32_t flags;                 /* TABARD_SETTING_SECRET, TABARD_SETTING_REPEATED */
} tabard_setting;

typedef struct tabard_setting_list {
    const tabard_setting *items;    /* NULL only if count is 0 */
    size_t count;
} tabard_setting_list;

/* The value is never shown and never logged. */
#define TABARD_SETTING_SECRET 0x1u
/* May be given as a list, which arrives as "key.0", "key.1", ... */
#define TABARD_SETTING_REPEATED 0x2u

/* ---- numbers ------------------------------------------------------------------------------------------- */

/* Why something failed, and what a host does when provide() or create() says so.  Whatever the failure, what
 * was emitted is overwritten and dropped, an earlier result that is still valid stays in use, the other
 * providers of the image are still asked, and the reason (call->set_error()) reaches the operator.
 * A negative number that a reader does not know means TABARD_E_INTERNAL; a positive one (none is defined)
 * means TABARD_OK. */
TABARD_ENUM(tabard_status) {
    TABARD_OK = 0,                  /* what was emitted is used; nothing emitted: the image needs no credentials */
    TABARD_E_INTERNAL = -1,         /* a bug in who returns it: logged as an error, asked again after a back-off */
    TABARD_E_INVALID = -2,          /* a malformed argument, request or setting: not asked again until it changed */
    TABARD_E_NO_MEMORY = -3,        /* asked again after a back-off */
    TABARD_E_UNSUPPORTED = -4,      /* this side lacks what the other needs: not asked again in this process */
    TABARD_E_NOT_MINE = -5,         /* not served after all: as if no pattern had matched, no failure */
    TABARD_E_DENIED = -6,           /* the cloud said no: not asked again soon */
    TABARD_E_UNAVAILABLE = -7,      /* unreachable or overloaded: asked again after retry_after_ns or a back-off */
    TABARD_E_BAD_RESPONSE = -8,     /* the cloud's answer is unusable: logged as an error, then as UNAVAILABLE */
    TABARD_E_CANCELLED = -9,        /* nobody wants it any more: not reported, not remembered */
    TABARD_E_DEADLINE = -10,        /* the time was too short: as UNAVAILABLE */
    TABARD_E_TOO_LARGE = -11,       /* over a limit of the host: as BAD_RESPONSE */
    TABARD_E_NOT_FOUND = -12,       /* what it takes is not here (no account, another cloud's machine): as DENIED */
    TABARD_E_LOCAL = -13            /* a file, a permission, a full disk on this machine: as UNAVAILABLE */
};

TABARD_ENUM(tabard_log_level) {
    TABARD_LOG_DEBUG = 1,           /* hosts of this project show it from -v=4 on */
    TABARD_LOG_INFO = 2,            /* from -v=2 on */
    TABARD_LOG_WARN = 3,            /* always */
    TABARD_LOG_ERROR = 4            /* always */
};

/* How widely one result may be shared, in the kubelet's words. */
TABARD_ENUM(tabard_cache_key) {
    TABARD_CACHE_KEY_UNSET = 0,     /* the host takes TABARD_CACHE_KEY_IMAGE, the narrowest */
    TABARD_CACHE_KEY_IMAGE = 1,     /* the image asked about, tag or digest left out */
    TABARD_CACHE_KEY_REGISTRY = 2,  /* every image of the same registry host and port */
    TABARD_CACHE_KEY_GLOBAL = 3     /* every image that the provider serves */
};

TABARD_ENUM(tabard_auth_kind) {
    TABARD_AUTH_BASIC = 1           /* username and password */
};

TABARD_ENUM(tabard_setting_kind) {
    TABARD_SETTING_TEXT = 1,
    TABARD_SETTING_FLAG = 2,        /* "true" or "false" */
    TABARD_SETTING_NUMBER = 3,      /* a decimal int64_t */
    TABARD_SETTING_DURATION = 4,    /* "90s", "1h30m" */
    TABARD_SETTING_URL = 5,         /* http or https, absolute */
    TABARD_SETTING_PATH = 6,        /* of a file, absolute */
    TABARD_SETTING_PATTERN = 7      /* a kubelet match pattern */
};

TABARD_ENUM(tabard_match) {
    TABARD_MATCH_NO = 0,
    TABARD_MATCH_YES = 1            /* so is every number that a reader does not know */
};

/* In a duration: the host decides, or not known. */
#define TABARD_DURATION_UNSET INT64_C(-1)

/* ---- the host, as a plugin sees it --------------------------------------------------------------------- */

/* Valid from the entry until the process ends, so a plugin may keep the pointer. */
typedef struct tabard_host_v1 tabard_host_v1;
struct tabard_host_v1 {
    uint32_t struct_size;
    uint32_t abi_minor;             /* the TABARD_ABI_MINOR that the host was built with */
    void *host_data;                /* the host's own; a plugin leaves it alone */
    tabard_str name;                /* "provider-exec" */
    tabard_str version;             /* "1.4.2" */

    /* Says one line, without a newline and without secrets; text is copied before it returns.  The host adds time and
     * plugin.  [any thread, quick] */
    void (*log)(const tabard_host_v1 *host, tabard_log_level level, const char *text, size_t len);

    /* Non-zero if a line of this level would be kept, so that costly ones need not be built.
     * [any thread, quick] */
    uint32_t (*log_enabled)(const tabard_host_v1 *host, tabard_log_level level);

    /* Nanoseconds on a clock that does not jump: for deadlines.  [any thread, quick] */
    int64_t (*monotonic_ns)(const tabard_host_v1 *host);

    /* Nanoseconds since 1970 in UTC: for signatures and expiries.  [any thread, quick] */
    int64_t (*unix_time_ns)(const tabard_host_v1 *host);

    /* A table of optional host functions, the same each time and valid until the process ends, or NULL if this host
     * has none of that id; a plugin that cannot do without returns TABARD_E_UNSUPPORTED from create() or provide().
     * [any thread, quick] */
    const void *(*get_extension)(const tabard_host_v1 *host, const char *id, size_t id_len);
};

/* ---- one piece of work --------------------------------------------------------------------------------- */

/* Which credentials open this image?  The host has parsed and normalised the name.  Valid during the call. */
typedef struct tabard_request_v1 {
    uint32_t struct_size;
    uint32_t flags;                 /* TABARD_REQUEST_FRESH */
    tabard_str image;               /* "123.dkr.ecr.us-east-1.amazonaws.com/app": as the kubelet matches it */
    tabard_str registry;            /* "123.dkr.ecr.us-east-1.amazonaws.com": lower case, with the port if named */
    tabard_str repository;          /* "app" */
    tabard_str service_account_token;            /* secret; absent unless the kubelet sent one */
    tabard_kv_list service_account_annotations;  /* those that the kubelet was told to send */
} tabard_request_v1;

/* The registry refused the last result: do not answer from a cache inside the plugin. */
#define TABARD_REQUEST_FRESH 0x1u

/* What opens the registries that match a pattern. */
typedef struct tabard_auth_v1 {
    uint32_t struct_size;
    tabard_auth_kind kind;
    tabard_str registry;            /* a kubelet match pattern: "*.dkr.ecr.*.amazonaws.com" */
    tabard_str username;            /* possibly empty */
    tabard_str password;            /* secret */
} tabard_auth_v1;

/* How long and how widely everything emitted by one provide() may be kept.  The host keeps it no longer than
 * the shortest of: duration_ns, expires_at_unix_ns less a margin of its own, and its own default for what is
 * not said.  Zeroed but for struct_size, it would say "do not keep": start from TABARD_DURATION_UNSET. */
typedef struct tabard_cache_v1 {
    uint32_t struct_size;
    tabard_cache_key key;
    int64_t duration_ns;            /* from now; 0: use once and forget; TABARD_DURATION_UNSET: the host decides */
    int64_t expires_at_unix_ns;     /* when the registry stops accepting it, as the cloud said, no margin; 0: unknown */
    int64_t refresh_at_unix_ns;     /* when a long-lived host had better ask again; 0: the host decides */
} tabard_cache_v1;

/* The reason behind a failing status, for a person.  No field may hold a secret. */
typedef struct tabard_error_v1 {
    uint32_t struct_size;
    tabard_status status;           /* the one about to be returned */
    int32_t http_status;            /* of the cloud's answer; 0: none */
    uint32_t reserved;              /* 0 */
    int64_t retry_after_ns;         /* how long the cloud asked to be left alone; TABARD_DURATION_UNSET: not known */
    tabard_str message;             /* one line: what was attempted, on what, why it failed */
    tabard_str advice;              /* one line: what to try; absent: nothing known */
} tabard_error_v1;

/* One create() or provide(), as the host runs it.  It dies when that create() or provide() returns: a plugin
 * joins its own threads first.  A host that can still tell refuses a later use with TABARD_E_INVALID and reports it. */
typedef struct tabard_call_v1 tabard_call_v1;
struct tabard_call_v1 {
    uint32_t struct_size;
    uint32_t flags;                 /* TABARD_CALL_ONE_SHOT */
    void *call_data;                /* the host's own; a plugin leaves it alone */
    const tabard_host_v1 *host;
    uint64_t id;                    /* of this call, for log lines */
    int64_t deadline_ns;            /* on host->monotonic_ns(); INT64_MAX: none */
    int32_t cancel_fd;              /* readable once cancelled; for poll() only: never read, never close; -1: none */
    uint32_t reserved;              /* 0 */

    /* Non-zero once the work is no longer wanted: cancelled, or past the deadline.  The plugin then returns
     * TABARD_E_CANCELLED or TABARD_E_DEADLINE soon.  [during the call, quick] */
    uint32_t (*is_cancelled)(const tabard_call_v1 *call);

    /* Waits until host->monotonic_ns() reaches the given time and returns TABARD_OK; or, at once when either
     * happens or is certain, TABARD_E_CANCELLED or TABARD_E_DEADLINE (the time lies past the deadline), which the
     * plugin returns in its turn.  A plugin never sleeps by itself.  [during the call, blocks] */
    tabard_status (*sleep_until)(const tabard_call_v1 *call, int64_t monotonic_ns);

    /* Emits one result, copied before it returns; the plugin then overwrites its own copy.  Only in provide().
     * TABARD_E_INVALID: the pattern or a string is malformed, the pattern was emitted before, or the call is
     * create(); TABARD_E_UNSUPPORTED: this host does not know auth->kind; TABARD_E_TOO_LARGE: over a limit.  The
     * refused one is dropped, those before it stay.  [during the call, quick] */
    tabard_status (*add_auth)(const tabard_call_v1 *call, const tabard_auth_v1 *auth);

    /* Says how long and how widely the results may be kept; copied before it returns.  Without it the host's defaults
     * hold.  TABARD_E_INVALID: it was said before, and that holds; the call is create(); or the values can only be a
     * mistake (a time in the past, a duration of less than a second, a refresh after the expiry), and the results
     * are used once and forgotten unless a right one follows.  [during the call, quick] */
    tabard_status (*set_cache)(const tabard_call_v1 *call, const tabard_cache_v1 *cache);

    /* Explains the failure about to be returned; copied before it returns.  The last one counts; ignored if TABARD_OK
     * is returned.  [during the call, quick] */
    void (*set_error)(const tabard_call_v1 *call, const tabard_error_v1 *error);
};

/* The process ends after this call: keep no state, start no refresh. */
#define TABARD_CALL_ONE_SHOT 0x1u

/* ---- a provider, as the host sees it ------------------------------------------------------------------- */

/* Settings from the operator: flat, lists numbered from 0, as "metadataHost", "rules.0.match".  Valid during
 * create().
 * Two kinds of keys arrive:
 *   those that the provider described (provider->settings).  A key that it did not describe, or a value that
 *     its kind does not allow, is the operator's mistake: create() returns TABARD_E_INVALID and names it;
 *   "matchImages.0", "matchImages.1", ...: the patterns that the operator added to match_images.  Every
 *     provider accepts them, described or not.  They name hosts that the operator trusts with this
 *     provider's credentials, beyond those that the provider knows by itself. */
typedef struct tabard_config_v1 {
    uint32_t struct_size;
    uint32_t reserved;              /* 0 */
    tabard_kv_list settings;
} tabard_config_v1;

typedef struct tabard_provider_v1 tabard_provider_v1;
struct tabard_provider_v1 {
    uint32_t struct_size;
    uint32_t flags;                 /* TABARD_PROVIDER_... */

    /* The description is data, so that it can be read without running anything. */
    tabard_str id;                  /* [a-z0-9][a-z0-9-]{0,62}: "aws-ecr-key" */
    tabard_str title;               /* "Amazon Elastic Container Registry" */
    tabard_str_list match_images;   /* kubelet matchImages patterns; the operator may add more (see above) */
    tabard_setting_list settings;   /* every key that create() understands */

    /* Makes an instance into *instance, which starts as NULL and may stay NULL.  The pointer is the plugin's own and
     * means nothing to the host; what config points at ends with the call.  Settings are checked here; no network.  A
     * host may make several instances, and calls may overlap.  A failing status: no instance exists, destroy() is not
     * called, and the question fails with that reason; the next question may try again.  [any thread, blocks] */
    tabard_status (*create)(const tabard_provider_v1 *self, const tabard_call_v1 *call,
                            const tabard_config_v1 *config, void **instance);

    /* Ends an instance that create() made, also a NULL one; no other call on it runs or will follow.  The process may
     * also end without it.  [any thread, quick] */
    void (*destroy)(void *instance);

    /* Narrows match_images further; NULL: no further.  TABARD_MATCH_NO: the host treats the image as not
     * served, as with TABARD_E_NOT_MINE.  Pure: the same answer for the same instance and request.  The request ends
     * with the call.  [one at a time, quick] */
    tabard_match (*matches)(void *instance, const tabard_request_v1 *request);

    /* Obtains what opens one image and emits it through call->add_auth().  TABARD_OK commits what was emitted;
     * anything else discards it, and the status says what the host does next (see tabard_status).  Request and call
     * end with it.  One that stays beyond its deadline keeps its thread, while whoever asked has had an answer; without
     * TABARD_PROVIDER_CONCURRENT the next call then gets an instance of its own, and after eight of these the provider
     * is not asked any more.  [one at a time, blocks] */
    tabard_status (*provide)(void *instance, const tabard_request_v1 *request, const tabard_call_v1 *call);

    /* A table of optional provider functions or data, the same each time and valid until the process ends, or NULL for
     * an id that it does not know; the pointer itself may be NULL: no extensions.  Asked before any instance exists,
     * too.  [any thread, quick] */
    const void *(*get_extension)(const tabard_provider_v1 *self, const char *id, size_t id_len);
};

/* provide() and matches() may overlap on one instance. */
#define TABARD_PROVIDER_CONCURRENT 0x1u
/* provide() uses the service account token when there is one. */
#define TABARD_PROVIDER_USES_SERVICE_ACCOUNT 0x2u
/* No pattern can say what it serves: asked for every image, but only once the operator has turned it on or
 * named patterns for it. */
#define TABARD_PROVIDER_MATCH_ANY 0x4u

typedef struct tabard_plugin_v1 {
    uint32_t struct_size;
    uint32_t abi_minor;             /* the TABARD_ABI_MINOR that the plugin was built with */
    uint32_t min_host_minor;        /* a host whose own minor is lower refuses the plugin */
    uint32_t reserved;              /* 0 */
    tabard_str version;             /* "1.4.2" */
    tabard_str vendor;              /* "Tabard" */
    const tabard_provider_v1 *const *providers;  /* ids differ; valid until the process ends */
    size_t provider_count;          /* at least 1 */
} tabard_plugin_v1;

/* The entry: stores the plugin's table, which is valid until the process ends.  Called again, also by another host
 * (one process may hold several), it stores the same pointer: so a call goes by call->host, not by a host that the
 * entry kept.  A failing status: *plugin is not read, and the host reports the file as unusable.
 * [any thread, one at a time, quick] */
typedef tabard_status (*tabard_plugin_entry_v1_fn)(const tabard_host_v1 *host, const tabard_plugin_v1 **plugin);

TABARD_EXPORT tabard_status tabard_plugin_entry_v1(const tabard_host_v1 *host, const tabard_plugin_v1 **plugin);

/* ---- extension of the host: HTTP ----------------------------------------------------------------------- */
/* One client for all plugins: proxies, CA store, TLS floor, deadline, size limit, redaction and test doubles
 * live in one place, and a plugin need not link an HTTP stack.  perform() is one exchange (a request lost on a
 * stale pooled connection is sent once more if that is safe).  Redirects are never followed, content encodings
 * never asked for.  Whether to try again is the plugin's to decide, within call->deadline_ns. */

#define TABARD_EXT_HTTP "tabard.http/1"

/* The caller's; copied or used up before perform() returns. */
typedef struct tabard_http_request_v1 {
    uint32_t struct_size;
    uint32_t flags;                 /* TABARD_HTTP_METADATA */
    tabard_str method;              /* "GET" */
    tabard_str url;                 /* http or https, absolute, without user and fragment */
    tabard_kv_list headers;         /* Host, Content-Length, Connection and User-Agent are the host's to write */
    tabard_str body;                /* any bytes; absent: none */
    int64_t timeout_ns;             /* for this exchange; 0: only the call's deadline */
    uint64_t max_body;              /* bytes; 0: the host's limit, which also bounds larger ones */
} tabard_http_request_v1;

/* The other side is a metadata or container credential service (169.254.169.254, 169.254.170.2, 169.254.170.23,
 * fd00:ec2::254, fd00:ec2::23, fd20:ce::254, metadata.google.internal, or an address that the operator named in
 * a setting or in the service's own environment variable): no proxy, plain HTTP allowed, short connect timeout. */
#define TABARD_HTTP_METADATA 0x1u

/* Made by the caller with struct_size set and the rest zero, filled by the host.  What the fields point at is
 * the host's, valid until the create() or provide() returns. */
typedef struct tabard_http_response_v1 {
    uint32_t struct_size;
    int32_t status;                 /* 200, 403, ...; 0: no answer */
    tabard_kv_list headers;         /* names in lower case, values trimmed */
    tabard_str body;                /* any bytes; to be treated as secret */
    tabard_str failure;             /* when perform() fails: why, in one line without secrets; else absent */
} tabard_http_response_v1;

typedef struct tabard_http_v1 {
    uint32_t struct_size;
    uint32_t reserved;              /* 0 */

    /* TABARD_OK for every complete answer, whatever its status code.  Else there is no answer, response->failure
     * says why, and: TABARD_E_INVALID: malformed request, or one that would send credentials over plain HTTP;
     * TABARD_E_UNAVAILABLE: no name, no route, refused, reset, TLS failed; TABARD_E_DEADLINE: timeout_ns or the
     * call's deadline passed; TABARD_E_CANCELLED; TABARD_E_BAD_RESPONSE: not HTTP, or cut short;
     * TABARD_E_TOO_LARGE: over max_body.  [during the call, blocks] */
    tabard_status (*perform)(const tabard_call_v1 *call, const tabard_http_request_v1 *request,
                             tabard_http_response_v1 *response);
} tabard_http_v1;

/* ---- extension of the host: a child process ------------------------------------------------------------ */
/* For credentials that a program of the operator's hands out.  No shell.  The program runs in a process group of
 * its own, inherits no descriptor, and its whole group is killed when run() returns.  The host refuses a program
 * that others than root and the host's own user can write. */

#define TABARD_EXT_PROCESS "tabard.process/1"

/* The caller's; copied or used up before run() returns. */
typedef struct tabard_process_request_v1 {
    uint32_t struct_size;
    uint32_t flags;                 /* TABARD_PROCESS_INHERIT */
    tabard_str path;                /* of the program, absolute; no search path is asked */
    tabard_str_list arguments;      /* after the program's own name */
    tabard_kv_list environment;     /* every variable that it sees, unless TABARD_PROCESS_INHERIT */
    tabard_str input;               /* for its standard input, any bytes; absent: none */
    int64_t timeout_ns;             /* 0: only the call's deadline */
    uint64_t max_output;            /* bytes; 0: the host's limit, which also bounds larger ones */
} tabard_process_request_v1;

/* The program also sees the host's own variables; those of the request win. */
#define TABARD_PROCESS_INHERIT 0x1u

/* Made by the caller with struct_size set and the rest zero, filled by the host.  What the fields point at is
 * the host's, valid until the create() or provide() returns. */
typedef struct tabard_process_result_v1 {
    uint32_t struct_size;
    int32_t exit_status;            /* 0 to 255; -N: signal N ended it */
    tabard_str output;              /* standard output, any bytes; to be treated as secret */
    tabard_str errors;              /* the beginning of standard error, any bytes; may hold secrets: never log it unread */
    tabard_str failure;             /* when run() fails: why, in one line without secrets; else absent */
} tabard_process_result_v1;

typedef struct tabard_process_v1 {
    uint32_t struct_size;
    uint32_t reserved;              /* 0 */

    /* TABARD_OK for every program that ended by itself, whatever its exit status.  Else result->failure says why,
     * and: TABARD_E_INVALID: malformed request; TABARD_E_NOT_FOUND: no such program; TABARD_E_LOCAL: it cannot be
     * started, or others could have written it; TABARD_E_DEADLINE; TABARD_E_CANCELLED; TABARD_E_TOO_LARGE: over
     * max_output.  In the last three cases it was killed.  [during the call, blocks] */
    tabard_status (*run)(const tabard_call_v1 *call, const tabard_process_request_v1 *request,
                         tabard_process_result_v1 *result);
} tabard_process_v1;

/* ---- extension of a provider: what it wants of the kubelet's tokenAttributes ---------------------------- */
/* A kubelet sends a Pod's service account token only as its CredentialProviderConfig says.  With this, that part of
 * the configuration can be written from the plugin.  Data; valid until the process ends. */

#define TABARD_EXT_TOKEN_ATTRIBUTES "tabard.token-attributes/1"

typedef struct tabard_token_attributes_v1 {
    uint32_t struct_size;
    uint32_t require_service_account;            /* 1: without a service account the provider is not asked; 0: it is */
    tabard_str audience;                         /* serviceAccountTokenAudience: "sts.amazonaws.com" */
    tabard_str cache_type;                       /* "ServiceAccount" or "Token" */
    tabard_str_list required_annotation_keys;    /* of the service account; only with require_service_account */
    tabard_str_list optional_annotation_keys;
} tabard_token_attributes_v1;

/* ---- helpers: compiled into whoever includes this, no part of the boundary ----------------------------- */

/* Does the struct behind p reach to the end of this field? */
#define TABARD_HAS(p, type, field) \
    ((size_t)(p)->struct_size >= offsetof(type, field) + sizeof(((type *)0)->field))

/* A string literal as an initialiser: static const tabard_str id = TABARD_STR_INIT("ecr"); */
#define TABARD_STR_INIT(literal) { (literal), sizeof(literal) - 1 }

#ifndef TABARD_NO_HELPERS

/* Overwrites memory in a way that the compiler may not leave out. */
static inline void tabard_secure_zero(void *memory, size_t size)
{
    volatile unsigned char *p = (volatile unsigned char *)memory;
    while (size-- > 0) *p++ = 0;
}

/* The function pointers as functions, for callers that cannot call a pointer (cgo) or would write the same
 * lines. */

static inline void tabard_log(const tabard_host_v1 *host, tabard_log_level level, const char *text, size_t len)
{
    host->log(host, level, text, len);
}

static inline uint32_t tabard_is_cancelled(const tabard_call_v1 *call)
{
    return call->is_cancelled(call);
}

static inline tabard_status tabard_sleep_until(const tabard_call_v1 *call, int64_t monotonic_ns)
{
    return call->sleep_until(call, monotonic_ns);
}

static inline tabard_status tabard_add_basic_auth(const tabard_call_v1 *call, tabard_str registry,
                                                  tabard_str username, tabard_str password)
{
    tabard_auth_v1 auth;
    auth.struct_size = (uint32_t)sizeof auth;
    auth.kind = TABARD_AUTH_BASIC;
    auth.registry = registry;
    auth.username = username;
    auth.password = password;
    return call->add_auth(call, &auth);
}

/* Keep it until the registry stops accepting it, less the host's margin. */
static inline tabard_status tabard_set_expiry(const tabard_call_v1 *call, tabard_cache_key key,
                                              int64_t expires_at_unix_ns)
{
    tabard_cache_v1 cache;
    cache.struct_size = (uint32_t)sizeof cache;
    cache.key = key;
    cache.duration_ns = TABARD_DURATION_UNSET;
    cache.expires_at_unix_ns = expires_at_unix_ns;
    cache.refresh_at_unix_ns = 0;
    return call->set_cache(call, &cache);
}

/* Explains a failure and gives its status back: return tabard_fail(call, TABARD_E_DENIED, 403, text, len); */
static inline tabard_status tabard_fail(const tabard_call_v1 *call, tabard_status status, int32_t http_status,
                                        const char *message, size_t len)
{
    tabard_error_v1 error;
    error.struct_size = (uint32_t)sizeof error;
    error.status = status;
    error.http_status = http_status;
    error.reserved = 0;
    error.retry_after_ns = TABARD_DURATION_UNSET;
    error.message.ptr = message;
    error.message.len = len;
    error.advice.ptr = NULL;
    error.advice.len = 0;
    call->set_error(call, &error);
    return status;
}

/* The host's HTTP, or NULL if it has none. */
static inline const tabard_http_v1 *tabard_http(const tabard_host_v1 *host)
{
    return (const tabard_http_v1 *)host->get_extension(host, TABARD_EXT_HTTP, sizeof TABARD_EXT_HTTP - 1);
}

static inline tabard_status tabard_http_perform(const tabard_http_v1 *http, const tabard_call_v1 *call,
                                                const tabard_http_request_v1 *request,
                                                tabard_http_response_v1 *response)
{
    response->struct_size = (uint32_t)sizeof *response;
    return http->perform(call, request, response);
}

/* The host's child processes, or NULL if it has none. */
static inline const tabard_process_v1 *tabard_process(const tabard_host_v1 *host)
{
    return (const tabard_process_v1 *)host->get_extension(host, TABARD_EXT_PROCESS, sizeof TABARD_EXT_PROCESS - 1);
}

static inline tabard_status tabard_process_run(const tabard_process_v1 *process, const tabard_call_v1 *call,
                                               const tabard_process_request_v1 *request,
                                               tabard_process_result_v1 *result)
{
    result->struct_size = (uint32_t)sizeof *result;
    return process->run(call, request, result);
}

#endif /* TABARD_NO_HELPERS */

#ifdef __cplusplus
}
#endif

#if defined(__clang__) && !defined(__cplusplus)
#pragma clang diagnostic pop
#endif

#endif /* TABARD_H */
