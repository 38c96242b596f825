/* What the C boundary costs: loads plugins and calls the trivial one, from C.
 *
 *   boundary load PLUGIN.so      dlopen and entry, in microseconds, of this fresh process
 *   boundary call PLUGIN.so N    provide() of its first provider N times, beside a direct call of the same work, in nanoseconds each */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tabard.h"

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void log_line(const tabard_host_v1 *host, tabard_log_level level, const char *text, size_t len)
{
    (void)host, (void)level, (void)text, (void)len;
}
static uint32_t log_enabled(const tabard_host_v1 *host, tabard_log_level level) { (void)host, (void)level; return 0; }
static int64_t clock_ns(const tabard_host_v1 *host) { (void)host; return now(); }
static const void *none(const tabard_host_v1 *host, const char *id, size_t len) { (void)host, (void)id, (void)len; return NULL; }

/* The least that a host does with an entry: copy it. */
static char kept[3][256];
static tabard_status add_auth(const tabard_call_v1 *call, const tabard_auth_v1 *auth)
{
    (void)call;
    const tabard_str texts[] = {auth->registry, auth->username, auth->password};
    for (int index = 0; index < 3; index++) memcpy(kept[index], texts[index].ptr, texts[index].len < 256 ? texts[index].len : 256);
    return TABARD_OK;
}
static uint32_t is_cancelled(const tabard_call_v1 *call) { (void)call; return 0; }
static tabard_status sleep_until(const tabard_call_v1 *call, int64_t moment) { (void)call, (void)moment; return TABARD_OK; }
static tabard_status set_cache(const tabard_call_v1 *call, const tabard_cache_v1 *cache) { (void)call, (void)cache; return TABARD_OK; }
static void set_error(const tabard_call_v1 *call, const tabard_error_v1 *error) { (void)call, (void)error; }

__attribute__((noinline)) static tabard_status direct(const tabard_request_v1 *request, const tabard_call_v1 *call)
{
    const tabard_auth_v1 auth = {sizeof auth, TABARD_AUTH_BASIC, request->registry, TABARD_STR_INIT("user"), TABARD_STR_INIT("secret")};
    return add_auth(call, &auth);
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    const tabard_host_v1 host = {
        .struct_size = sizeof host, .name = TABARD_STR_INIT("boundary"), .version = TABARD_STR_INIT("1"), .log = log_line,
        .log_enabled = log_enabled, .monotonic_ns = clock_ns, .unix_time_ns = clock_ns, .get_extension = none,
    };
    int64_t start = now();
    void *library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    tabard_plugin_entry_v1_fn entry = NULL;
    if (library) *(void **)&entry = dlsym(library, TABARD_ENTRY_SYMBOL);
    const tabard_plugin_v1 *plugin = NULL;
    if (!entry || entry(&host, &plugin) < 0) return fprintf(stderr, "%s\n", dlerror()), 1;
    int64_t loaded = now();
    if (strcmp(argv[1], "load") == 0) return printf("%.1f\n", (double)(loaded - start) / 1e3), 0;

    const long times = argc > 3 ? atol(argv[3]) : 1000000;
    const tabard_call_v1 call = {
        .struct_size = sizeof call, .host = &host, .deadline_ns = INT64_MAX, .cancel_fd = -1, .is_cancelled = is_cancelled,
        .sleep_until = sleep_until, .add_auth = add_auth, .set_cache = set_cache, .set_error = set_error,
    };
    const tabard_config_v1 config = {.struct_size = sizeof config};
    const tabard_request_v1 request = {
        .struct_size = sizeof request, .image = TABARD_STR_INIT("x.test/app"), .registry = TABARD_STR_INIT("x.test"),
        .repository = TABARD_STR_INIT("app"),
    };
    const tabard_provider_v1 *provider = plugin->providers[0];
    void *instance = NULL;
    if (provider->create(provider, &call, &config, &instance) < 0) return 1;
    double best[2] = {1e9, 1e9};
    for (int round = 0; round < 9; round++) {
        start = now();
        for (long index = 0; index < times; index++)
            if (provider->provide(instance, &request, &call) < 0) return 1;
        double through = (double)(now() - start) / (double)times;
        start = now();
        for (long index = 0; index < times; index++)
            if (direct(&request, &call) < 0) return 1;
        double straight = (double)(now() - start) / (double)times;
        if (through < best[0]) best[0] = through;
        if (straight < best[1]) best[1] = straight;
    }
    provider->destroy(instance);
    printf("provide %.1f direct %.1f\n", best[0], best[1]);
    return 0;
}
