/* A host in plain C: it opens a plugin directly, whatever language that was written in, asks it about one image, and prints what it says.
 * There is no Swift in here, and none in the boundary.
 *
 *   cc -std=c11 -I.../include -o c-host host.c -ldl
 *   ./c-host ./libtabard-token-service.so registry.example.com/team/app endpoint=http://127.0.0.1:8080/ apiKey=secret
 *
 * It offers one extension, tabard.http/1, over plain sockets and only for http:// on the numbers of an IPv4 address: enough to see how a
 * host is made, not to be one. provider-exec, tabard and libtabard are real ones. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tabard.h"

/* What one call has brought so far: the host's side of tabard_call_v1.call_data. */
struct call_state {
    char username[256];
    char password[4096];
    char reason[1024];
    char *answer; /* lent to the plugin until the call returns */
    size_t answer_size;
};

static int64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void keep(char *place, size_t room, tabard_str text)
{
    size_t count = text.ptr == NULL ? 0 : text.len < room - 1 ? text.len : room - 1;
    if (count > 0) memcpy(place, text.ptr, count);
    place[count] = 0;
}

/* ---- the functions of the host ---- */

static void log_line(const tabard_host_v1 *host, tabard_log_level level, const char *text, size_t len)
{
    (void)host;
    if (level >= TABARD_LOG_WARN) fprintf(stderr, "plugin: %.*s\n", (int)len, text);
}

static uint32_t log_enabled(const tabard_host_v1 *host, tabard_log_level level)
{
    (void)host;
    return level >= TABARD_LOG_WARN;
}

static int64_t monotonic_ns(const tabard_host_v1 *host) { (void)host; return now(CLOCK_MONOTONIC); }
static int64_t unix_time_ns(const tabard_host_v1 *host) { (void)host; return now(CLOCK_REALTIME); }

/* ---- tabard.http/1 ---- */

/* Sends a request and reads until the other side closes; the number of bytes read, or -1. */
static ssize_t exchange(const char *address, const char *request, char *answer, size_t room)
{
    char host[64];
    int port = 80;
    if (sscanf(address, "%63[0-9.]:%d", host, &port) < 1) return -1;
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &place.sin_addr) != 1) return -1;
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) return -1;
    struct timeval limit = {10, 0};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ssize_t total = -1;
    if (connect(connection, (struct sockaddr *)&place, sizeof place) == 0
        && send(connection, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request)) {
        ssize_t count;
        total = 0;
        while ((count = recv(connection, answer + total, room - (size_t)total, 0)) > 0) total += count;
    }
    close(connection);
    return total;
}

static tabard_status perform(const tabard_call_v1 *call, const tabard_http_request_v1 *request, tabard_http_response_v1 *response)
{
    struct call_state *state = call->call_data;
    char url[2048], text[8192];
    keep(url, sizeof url, request->url);
    if (strncmp(url, "http://", 7) != 0) {
        response->failure = (tabard_str)TABARD_STR_INIT("this example knows http:// alone");
        return TABARD_E_INVALID;
    }
    char *path = strchr(url + 7, '/');
    int count = snprintf(text, sizeof text, "%.*s %s HTTP/1.0\r\nHost: example\r\n", (int)request->method.len, request->method.ptr,
                         path ? path : "/");
    for (size_t index = 0; index < request->headers.count && count < (int)sizeof text; index++) {
        const tabard_kv *header = &request->headers.items[index];
        count += snprintf(text + count, sizeof text - (size_t)count, "%.*s: %.*s\r\n", (int)header->key.len, header->key.ptr,
                          (int)header->value.len, header->value.ptr);
    }
    if (count >= (int)sizeof text - 3) return TABARD_E_TOO_LARGE;
    memcpy(text + count, "\r\n", 3);
    ssize_t size = exchange(url + 7, text, state->answer, state->answer_size - 1);
    tabard_secure_zero(text, sizeof text);
    if (size <= 0) {
        response->failure = (tabard_str)TABARD_STR_INIT("no answer");
        return TABARD_E_UNAVAILABLE;
    }
    state->answer[size] = 0;
    char *body = strstr(state->answer, "\r\n\r\n");
    if (sscanf(state->answer, "HTTP/%*s %d", &response->status) != 1 || body == NULL) return TABARD_E_BAD_RESPONSE;
    response->body = (tabard_str){body + 4, (size_t)(state->answer + size - (body + 4))};
    return TABARD_OK;
}

static const tabard_http_v1 http = {.struct_size = sizeof http, .perform = perform};

static const void *get_extension(const tabard_host_v1 *host, const char *id, size_t id_len)
{
    (void)host;
    return id_len == sizeof TABARD_EXT_HTTP - 1 && memcmp(id, TABARD_EXT_HTTP, id_len) == 0 ? &http : NULL;
}

/* ---- the functions of a call ---- */

static uint32_t is_cancelled(const tabard_call_v1 *call) { return now(CLOCK_MONOTONIC) >= call->deadline_ns; }

static tabard_status sleep_until(const tabard_call_v1 *call, int64_t moment)
{
    if (moment > call->deadline_ns) return TABARD_E_DEADLINE;
    struct timespec end = {moment / INT64_C(1000000000), moment % INT64_C(1000000000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
    return TABARD_OK;
}

static tabard_status add_auth(const tabard_call_v1 *call, const tabard_auth_v1 *auth)
{
    struct call_state *state = call->call_data;
    if (auth->kind != TABARD_AUTH_BASIC) return TABARD_E_UNSUPPORTED;
    keep(state->username, sizeof state->username, auth->username);
    keep(state->password, sizeof state->password, auth->password);
    return TABARD_OK;
}

static tabard_status set_cache(const tabard_call_v1 *call, const tabard_cache_v1 *cache)
{
    (void)call;
    (void)cache;
    return TABARD_OK;
}

static void set_error(const tabard_call_v1 *call, const tabard_error_v1 *error)
{
    struct call_state *state = call->call_data;
    keep(state->reason, sizeof state->reason, error->message);
}

static tabard_str text(const char *value) { return (tabard_str){value, strlen(value)}; }

static int explain(const char *what, tabard_status status, const struct call_state *state)
{
    fprintf(stderr, "c-host: %s failed with %d: %s\n", what, (int)status, state->reason);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s PLUGIN.so REGISTRY/REPOSITORY [KEY=VALUE]...\n", argv[0]);
        return 2;
    }
    /* All symbols now, none for others, and never unloaded: the Swift and Go runtimes cannot be. */
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    tabard_plugin_entry_v1_fn entry = NULL;
    if (library != NULL) *(void **)&entry = dlsym(library, TABARD_ENTRY_SYMBOL);
    if (entry == NULL) {
        fprintf(stderr, "c-host: %s\n", dlerror());
        return 1;
    }
    const tabard_host_v1 host = {
        .struct_size = sizeof host, .abi_minor = TABARD_ABI_MINOR, .name = text("c-host"), .version = text("1.0"), .log = log_line,
        .log_enabled = log_enabled, .monotonic_ns = monotonic_ns, .unix_time_ns = unix_time_ns, .get_extension = get_extension,
    };
    const tabard_plugin_v1 *plugin = NULL;
    if (entry(&host, &plugin) < 0 || plugin == NULL || plugin->min_host_minor > TABARD_ABI_MINOR) {
        fprintf(stderr, "c-host: the plugin does not want this host\n");
        return 1;
    }
    const tabard_provider_v1 *provider = plugin->providers[0];

    tabard_kv settings[16];
    tabard_config_v1 config = {.struct_size = sizeof config, .settings = {settings, 0}};
    for (int index = 3; index < argc && config.settings.count < 16; index++) {
        char *equals = strchr(argv[index], '=');
        if (equals == NULL) continue;
        settings[config.settings.count++] = (tabard_kv){{argv[index], (size_t)(equals - argv[index])}, text(equals + 1)};
    }

    static char answer[1 << 20];
    struct call_state state = {.answer = answer, .answer_size = sizeof answer};
    const tabard_call_v1 call = {
        .struct_size = sizeof call, .flags = TABARD_CALL_ONE_SHOT, .call_data = &state, .host = &host, .id = 1,
        .deadline_ns = now(CLOCK_MONOTONIC) + INT64_C(30000000000), .cancel_fd = -1, .is_cancelled = is_cancelled,
        .sleep_until = sleep_until, .add_auth = add_auth, .set_cache = set_cache, .set_error = set_error,
    };
    void *instance = NULL;
    tabard_status status = provider->create(provider, &call, &config, &instance);
    if (status < 0) return explain("create()", status, &state);

    const char *slash = strchr(argv[2], '/');
    tabard_request_v1 request = {.struct_size = sizeof request, .image = text(argv[2])};
    request.registry = slash ? (tabard_str){argv[2], (size_t)(slash - argv[2])} : text(argv[2]);
    request.repository = text(slash ? slash + 1 : "");
    status = provider->provide(instance, &request, &call);
    /* What was lent ends with the call: whoever kept a pointer finds zeros. */
    tabard_secure_zero(answer, sizeof answer);
    provider->destroy(instance);
    if (status < 0) return explain("provide()", status, &state);
    printf("%.*s: %s %s\n", (int)provider->id.len, provider->id.ptr, state.username, state.password);
    tabard_secure_zero(&state, sizeof state);
    return 0;
}
