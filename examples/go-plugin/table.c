// The tables of tabard.h, whose functions are Go's: C fills in what Go cannot, a static table of function pointers.
#include <stdint.h>

#include "_cgo_export.h"
#include "tabard.h"

// A Go value cannot be kept by C: an instance is the number of a cgo.Handle.
static tabard_status create(const tabard_provider_v1 *self, const tabard_call_v1 *call, const tabard_config_v1 *config, void **instance)
{
    (void)self;
    uintptr_t handle = 0;
    tabard_status status = goCreate((tabard_call_v1 *)call, (tabard_config_v1 *)config, &handle);
    *instance = (void *)handle;
    return status;
}

static void destroy(void *instance) { goDestroy((uintptr_t)instance); }

static tabard_status provide(void *instance, const tabard_request_v1 *request, const tabard_call_v1 *call)
{
    return goProvide((uintptr_t)instance, (tabard_request_v1 *)request, (tabard_call_v1 *)call);
}

static const tabard_str patterns[] = {TABARD_STR_INIT("registry.example.com"), TABARD_STR_INIT("*.registry.example.com")};
static const tabard_setting settings[] = {
    {TABARD_STR_INIT("endpoint"), TABARD_STR_INIT("URL of the token service; required"), TABARD_SETTING_URL, 0},
};
static const tabard_provider_v1 provider = {
    .struct_size = sizeof provider,
    .flags = TABARD_PROVIDER_CONCURRENT,
    .id = TABARD_STR_INIT("example-go"),
    .title = TABARD_STR_INIT("Registry passwords from our token service"),
    .match_images = {patterns, 2},
    .settings = {settings, 1},
    .create = create,
    .destroy = destroy,
    .provide = provide,
};
static const tabard_provider_v1 *const providers[] = {&provider};
static const tabard_plugin_v1 plugin = {
    .struct_size = sizeof plugin,
    .abi_minor = TABARD_ABI_MINOR,
    .version = TABARD_STR_INIT("1.0.0"),
    .vendor = TABARD_STR_INIT("Example"),
    .providers = providers,
    .provider_count = 1,
};

TABARD_EXPORT tabard_status tabard_plugin_entry_v1(const tabard_host_v1 *host, const tabard_plugin_v1 **out)
{
    (void)host;
    *out = &plugin;
    return TABARD_OK;
}
