/* The well-behaved part of every fixture plugin: tables, settings, the entry. A fixture includes this, with macros before it for what is
 * wrong in its description, and then defines provide(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tabard.h"

#ifndef ID
#define ID "fixture"
#endif
#ifndef PATTERN
#define PATTERN "*.fixture.test"
#endif
#ifndef PATTERN_COUNT
#define PATTERN_COUNT 2
#endif
#ifndef FLAGS
#define FLAGS 0
#endif
#ifndef ENTRY_STATUS
#define ENTRY_STATUS TABARD_OK
#endif
#ifndef MIN_HOST_MINOR
#define MIN_HOST_MINOR 0
#endif
#ifndef PLUGIN_SIZE
#define PLUGIN_SIZE sizeof(tabard_plugin_v1)
#endif
#ifndef PROVIDER_SIZE
#define PROVIDER_SIZE sizeof(tabard_provider_v1)
#endif
#ifndef VERSION
#define VERSION "1.2.3"
#endif
#ifndef PROVIDERS
#define PROVIDERS &provider
#endif
#ifndef CREATE_BODY
#define CREATE_BODY return TABARD_OK;
#endif
#ifndef MATCHES
#define MATCHES NULL
#endif
#ifndef DESTROY_BODY
#define DESTROY_BODY
#endif
#ifndef EXTENSION
#define EXTENSION NULL
#endif
#ifndef TAKES
#define TAKES takes
#endif
#ifndef ENTRY_BODY
#define ENTRY_BODY
#endif
#ifndef TABLE
#define TABLE plugin
#endif
#ifndef PROVIDE
#define PROVIDE provide
#endif

#define TEXT(literal) ((tabard_str){(literal), sizeof(literal) - 1})

typedef struct fixture {
    char *values[16][2];
    size_t count;
    unsigned calls;
} fixture;

static tabard_status provide(void *instance, const tabard_request_v1 *request, const tabard_call_v1 *call);

static char *copy(tabard_str text)
{
    char *memory = malloc(text.len + 1);
    memcpy(memory, text.ptr, text.len);
    memory[text.len] = 0;
    return memory;
}

/* The value of a setting, or NULL. */
__attribute__((unused)) static const char *setting(const fixture *self, const char *key)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->values[i][0], key) == 0) return self->values[i][1];
    }
    return NULL;
}

__attribute__((unused)) static tabard_str text(const char *value)
{
    return (tabard_str){value, strlen(value)};
}

/* Whether a setting is described, list positions left out, or the operator's own. */
__attribute__((unused)) static int takes(const tabard_provider_v1 *self, tabard_str key)
{
    char bare[128];
    size_t length = 0;
    for (size_t i = 0; i < key.len && length < sizeof bare; i++) {
        if (key.ptr[i] == '.' && i + 1 < key.len && key.ptr[i + 1] >= '0' && key.ptr[i + 1] <= '9') i++;
        else bare[length++] = key.ptr[i];
    }
    if (length == 11 && memcmp(bare, "matchImages", 11) == 0) return 1;
    for (size_t i = 0; i < self->settings.count; i++) {
        const tabard_str known = self->settings.items[i].key;
        if (known.len == length && memcmp(known.ptr, bare, length) == 0) return 1;
    }
    return 0;
}

static tabard_status create(const tabard_provider_v1 *self, const tabard_call_v1 *call, const tabard_config_v1 *config, void **instance)
{
    (void)self;
    for (size_t i = 0; i < config->settings.count; i++)
        if (!TAKES(self, config->settings.items[i].key)) return tabard_fail(call, TABARD_E_INVALID, 0, "an unknown setting", 18);
    fixture *made = calloc(1, sizeof *made);
    for (size_t i = 0; i < config->settings.count && i < 16; i++) {
        made->values[i][0] = copy(config->settings.items[i].key);
        made->values[i][1] = copy(config->settings.items[i].value);
        made->count = i + 1;
    }
    *instance = made;
    CREATE_BODY
}

static void destroy(void *instance)
{
    fixture *self = instance;
    DESTROY_BODY
    for (size_t i = 0; i < self->count; i++) {
        free(self->values[i][0]);
        free(self->values[i][1]);
    }
    free(self);
}

static const tabard_str patterns[] = {TABARD_STR_INIT(PATTERN), TABARD_STR_INIT("fixture.test/deep")};
static const tabard_setting settings[] = {
    {TABARD_STR_INIT("user"), TABARD_STR_INIT("the user to answer with; \"user\" by default"), TABARD_SETTING_TEXT, 0},
    {TABARD_STR_INIT("password"), TABARD_STR_INIT("the password to answer with"), TABARD_SETTING_TEXT, TABARD_SETTING_SECRET},
    {TABARD_STR_INIT("endpoint"), TABARD_STR_INIT("what to ask for the password"), TABARD_SETTING_URL, 0},
    {TABARD_STR_INIT("gate"), TABARD_STR_INIT("a pipe to wait for"), TABARD_SETTING_PATH, 0},
    {TABARD_STR_INIT("interval"), TABARD_STR_INIT("a duration"), TABARD_SETTING_DURATION, 0},
    {TABARD_STR_INIT("verbose"), TABARD_STR_INIT("a flag"), TABARD_SETTING_FLAG, 0},
    {TABARD_STR_INIT("count"), TABARD_STR_INIT("a number"), TABARD_SETTING_NUMBER, 0},
    {TABARD_STR_INIT("scopes"), TABARD_STR_INIT("a list"), TABARD_SETTING_TEXT, TABARD_SETTING_REPEATED},
    {TABARD_STR_INIT("rules.match"), TABARD_STR_INIT("a list of patterns"), TABARD_SETTING_PATTERN, TABARD_SETTING_REPEATED},
};

static const tabard_provider_v1 provider = {
    .struct_size = PROVIDER_SIZE,
    .flags = FLAGS,
    .id = TABARD_STR_INIT(ID),
    .title = TABARD_STR_INIT("A fixture"),
    .match_images = {patterns, PATTERN_COUNT},
    .settings = {settings, sizeof settings / sizeof settings[0]},
    .create = create,
    .destroy = destroy,
    .matches = MATCHES,
    .provide = PROVIDE,
    .get_extension = EXTENSION,
};
static const tabard_provider_v1 *const providers[] = {PROVIDERS};
static const tabard_plugin_v1 plugin = {
    .struct_size = PLUGIN_SIZE,
    .abi_minor = TABARD_ABI_MINOR,
    .min_host_minor = MIN_HOST_MINOR,
    .version = TABARD_STR_INIT(VERSION),
    .vendor = TABARD_STR_INIT("Tabard's tests"),
    .providers = providers,
    .provider_count = sizeof providers / sizeof providers[0],
};

#ifndef NO_ENTRY
TABARD_EXPORT tabard_status tabard_plugin_entry_v1(const tabard_host_v1 *host, const tabard_plugin_v1 **out)
{
    (void)host;
    ENTRY_BODY
    if (ENTRY_STATUS != TABARD_OK) return ENTRY_STATUS;
    *out = &TABLE;
    return TABARD_OK;
}
#endif

/* A provide() for the fixtures whose fault lies elsewhere. */
#define PROVIDE_NOTHING \
    static tabard_status provide(void *instance, const tabard_request_v1 *request, const tabard_call_v1 *call) \
    { \
        (void)instance; \
        (void)request; \
        (void)call; \
        return TABARD_OK; \
    }

/* A provide() with the given body. */
#define PROVIDE_WITH(...) \
    static tabard_status provide(void *instance, const tabard_request_v1 *request, const tabard_call_v1 *call) \
    { \
        fixture *self = instance; \
        (void)self; \
        (void)request; \
        (void)call; \
        __VA_ARGS__ \
    }

/* One exchange with the host's HTTP, and an entry if it succeeds. */
#define PROVIDE_BY_HTTP(ON_FAILURE) \
    PROVIDE_WITH({ \
        const tabard_http_v1 *http = tabard_http(call->host); \
        tabard_http_response_v1 answer = {0}; \
        tabard_http_request_v1 question = {0}; \
        question.struct_size = sizeof question; \
        question.method = TEXT("GET"); \
        question.url = TEXT("https://fixture.test/"); \
        tabard_status status = tabard_http_perform(http, call, &question, &answer); \
        if (status != TABARD_OK || answer.status != 200) { ON_FAILURE } \
        return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret")); \
    })

/* set_cache with these values. */
__attribute__((unused)) static tabard_status keep(const tabard_call_v1 *call, int64_t duration, int64_t expires, int64_t refresh)
{
    tabard_cache_v1 cache = {sizeof cache, TABARD_CACHE_KEY_REGISTRY, duration, expires, refresh};
    return call->set_cache(call, &cache);
}
