/* As a plugin of a later minor version will be: longer structs, numbers that this host does not know, and what it offers beyond them
 * used only where TABARD_HAS says so. */
#include "tabard.h"
#include <string.h>

#define TEXT(literal) ((tabard_str){(literal), sizeof(literal) - 1})

struct later_call { tabard_call_v1 now; uint64_t field; };
struct later_auth { tabard_auth_v1 now; uint64_t field; };
struct later_cache { tabard_cache_v1 now; uint64_t field; };

static tabard_status create(const tabard_provider_v1 *self, const tabard_call_v1 *call, const tabard_config_v1 *config, void **instance)
{
    (void)self; (void)call; (void)config; (void)instance;
    return TABARD_OK;
}

static void destroy(void *instance) { (void)instance; }

static tabard_status provide(void *instance, const tabard_request_v1 *request, const tabard_call_v1 *call)
{
    (void)instance;
    if (call->struct_size >= sizeof(struct later_call) && ((const struct later_call *)call)->field == 1) return TABARD_E_INTERNAL;
    if (call->host->get_extension(call->host, "tabard.later/3", 14)) return TABARD_E_INTERNAL;
    call->host->log(call->host, 77, "a level of later", 16);
    struct later_auth auth;
    memset(&auth, 0xA5, sizeof auth);
    auth.now = (tabard_auth_v1){sizeof auth, 9, request->registry, TEXT("later"), TEXT("secret")};
    if (call->add_auth(call, &auth.now) != TABARD_E_UNSUPPORTED) return TABARD_E_INTERNAL;
    auth.now.kind = TABARD_AUTH_BASIC;
    if (call->add_auth(call, &auth.now) != TABARD_OK) return TABARD_E_INTERNAL;
    struct later_cache cache;
    memset(&cache, 0xA5, sizeof cache);
    cache.now = (tabard_cache_v1){sizeof cache, 9, INT64_C(3600000000000), 0, 0};
    if (call->set_cache(call, &cache.now) != TABARD_OK) return TABARD_E_INTERNAL;
    return (tabard_status)5;
}

static const tabard_str patterns[] = {TABARD_STR_INIT("*.fixture.test")};
static const tabard_setting settings[] = {{TABARD_STR_INIT("later"), TABARD_STR_INIT("of a kind of later"), 99, 0xFF00u}};
static const struct { tabard_provider_v1 now; uint64_t field; } provider = {
    {
        .struct_size = sizeof provider, .flags = 0xFF00u, .id = TABARD_STR_INIT("fixture"), .title = TABARD_STR_INIT("Of later"),
        .match_images = {patterns, 1}, .settings = {settings, 1}, .create = create, .destroy = destroy, .provide = provide,
    },
    7,
};
static const tabard_provider_v1 *const providers[] = {&provider.now};
static const struct { tabard_plugin_v1 now; uint64_t field; } plugin = {
    {
        .struct_size = sizeof plugin, .abi_minor = 5, .min_host_minor = 0, .version = TABARD_STR_INIT("9.0"),
        .vendor = TABARD_STR_INIT("Tabard's tests"), .providers = providers, .provider_count = 1,
    },
    7,
};

TABARD_EXPORT tabard_status tabard_plugin_entry_v1(const tabard_host_v1 *host, const tabard_plugin_v1 **out)
{
    (void)host;
    *out = &plugin.now;
    return TABARD_OK;
}
