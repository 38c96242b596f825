/* A plugin in one file of C: it asks a program of the operator's for the password of a registry.
 *
 * The program gets the registry's host name as its argument and writes the password as one line. Which registries are meant cannot be
 * known here, so the provider has no pattern of its own: the operator names them.
 *
 *   {"providers": {"example-program": {"matchImages": ["registry.example.com"], "program": "/usr/local/bin/registry-password"}}}
 *
 * Build: cc -std=c11 -fPIC -shared -fvisibility=hidden -I.../include -o libtabard-program.so program_password.c */
#include <stdlib.h>
#include <string.h>

#include "tabard.h"

/* A text with its length, from a literal. */
#define TEXT(literal) ((tabard_str){(literal), sizeof(literal) - 1})

/* What create() makes and every later call gets: here the settings, copied, because what a host passes ends with the call. */
typedef struct program_password {
    char *program;
    char *username;
} program_password;

static int equals(tabard_str text, const char *literal)
{
    return text.len == strlen(literal) && memcmp(text.ptr, literal, text.len) == 0;
}

static int starts_with(tabard_str text, const char *literal)
{
    return text.len >= strlen(literal) && memcmp(text.ptr, literal, strlen(literal)) == 0;
}

static char *copy(tabard_str text)
{
    char *memory = malloc(text.len + 1);
    if (memory == NULL) return NULL;
    memcpy(memory, text.ptr, text.len);
    memory[text.len] = 0;
    return memory;
}

/* tabard_fail() explains a failure and gives its status back, so that both stand in one line. */
static tabard_status fail(const tabard_call_v1 *call, tabard_status status, const char *message)
{
    return tabard_fail(call, status, 0, message, strlen(message));
}

static void destroy(void *instance)
{
    program_password *self = instance;
    if (self == NULL) return;
    free(self->program);
    free(self->username);
    free(self);
}

/* Settings are checked here, and the network waits: a host may make an instance and never ask it. */
static tabard_status create(const tabard_provider_v1 *provider, const tabard_call_v1 *call, const tabard_config_v1 *config, void **instance)
{
    (void)provider;
    program_password *self = calloc(1, sizeof *self);
    if (self == NULL) return TABARD_E_NO_MEMORY;
    for (size_t index = 0; index < config->settings.count; index++) {
        const tabard_kv *setting = &config->settings.items[index];
        if (equals(setting->key, "program") && self->program == NULL) {
            self->program = copy(setting->value);
        } else if (equals(setting->key, "username") && self->username == NULL) {
            self->username = copy(setting->value);
        } else if (!starts_with(setting->key, "matchImages.")) {
            /* A mistyped key must not be silence. The operator's own patterns are every provider's. */
            destroy(self);
            return fail(call, TABARD_E_INVALID, "there are the settings program and username, and no other");
        }
    }
    if (self->program == NULL) {
        destroy(self);
        return fail(call, TABARD_E_INVALID, "program is missing: name the program that writes passwords, with its whole path");
    }
    *instance = self;
    return TABARD_OK;
}

/* Emits the first line of what the program wrote. add_auth() copies it; the memory is the host's, which wipes it. */
static tabard_status emit(const program_password *self, const tabard_request_v1 *request, const tabard_call_v1 *call, tabard_str output)
{
    const char *end = output.len > 0 ? memchr(output.ptr, '\n', output.len) : NULL;
    tabard_str password = {output.ptr, end ? (size_t)(end - output.ptr) : output.len};
    tabard_str username = self->username ? (tabard_str){self->username, strlen(self->username)} : TEXT("token");
    if (password.len == 0) return fail(call, TABARD_E_BAD_RESPONSE, "the program wrote no password");
    /* The pattern is the registry that was asked about: a credential goes to no other. */
    tabard_status status = tabard_add_basic_auth(call, request->registry, username, password);
    if (status != TABARD_OK) return fail(call, TABARD_E_BAD_RESPONSE, "what the program wrote cannot be a password");
    /* Ten minutes, for every image of this registry. */
    tabard_cache_v1 cache = {sizeof cache, TABARD_CACHE_KEY_REGISTRY, INT64_C(600000000000), 0, 0};
    return call->set_cache(call, &cache);
}

static tabard_status provide(void *instance, const tabard_request_v1 *request, const tabard_call_v1 *call)
{
    const program_password *self = instance;
    /* Extensions are optional: a host without them gets an answer, not a crash. */
    const tabard_process_v1 *process = tabard_process(call->host);
    if (process == NULL) return fail(call, TABARD_E_UNSUPPORTED, "this host runs no programs (tabard.process/1)");

    tabard_process_request_v1 question;
    memset(&question, 0, sizeof question);
    question.struct_size = sizeof question;
    question.flags = TABARD_PROCESS_INHERIT;
    question.path = (tabard_str){self->program, strlen(self->program)};
    question.arguments = (tabard_str_list){&request->registry, 1};
    question.max_output = 65536;

    for (int attempt = 1;; attempt++) {
        tabard_process_result_v1 result;
        memset(&result, 0, sizeof result);
        tabard_status status = tabard_process_run(process, call, &question, &result);
        /* The host's own words; when it says that the call is over, so do we. */
        if (status != TABARD_OK) return tabard_fail(call, status, 0, result.failure.ptr, result.failure.len);
        if (result.exit_status == 0) return emit(self, request, call, result.output);
        /* 75 is EX_TEMPFAIL of <sysexits.h>: try once more, a second later. Never sleep(3): the host has the clock, and can wake us. */
        if (result.exit_status != 75 || attempt == 2)
            return fail(call, TABARD_E_DENIED, "the program ended with a status other than 0; run it by hand to see why");
        status = tabard_sleep_until(call, call->host->monotonic_ns(call->host) + INT64_C(1000000000));
        if (status != TABARD_OK) return fail(call, status, "the program asked to be run again later, and the time ended first");
    }
}

/* The description is data: hosts, and `tabard manifest`, read it without running anything. */
static const tabard_setting settings[] = {
    {TABARD_STR_INIT("program"), TABARD_STR_INIT("the program that writes the password of the registry in its first argument; required"),
     TABARD_SETTING_PATH, 0},
    {TABARD_STR_INIT("username"), TABARD_STR_INIT("the user name that goes with it; default token"), TABARD_SETTING_TEXT, 0},
};

static const tabard_provider_v1 provider = {
    .struct_size = sizeof provider,
    /* provide() changes nothing of the instance, so calls may overlap; and no pattern can say what it serves. */
    .flags = TABARD_PROVIDER_CONCURRENT | TABARD_PROVIDER_MATCH_ANY,
    .id = TABARD_STR_INIT("example-program"),
    .title = TABARD_STR_INIT("Passwords that a program writes"),
    .settings = {settings, sizeof settings / sizeof settings[0]},
    .create = create,
    .destroy = destroy,
    .provide = provide,
};

static const tabard_provider_v1 *const providers[] = {&provider};

static const tabard_plugin_v1 plugin = {
    .struct_size = sizeof plugin,
    .abi_minor = TABARD_ABI_MINOR,
    .min_host_minor = 0,
    .version = TABARD_STR_INIT("1.0.0"),
    .vendor = TABARD_STR_INIT("Example"),
    .providers = providers,
    .provider_count = 1,
};

/* The one exported symbol. */
TABARD_EXPORT tabard_status tabard_plugin_entry_v1(const tabard_host_v1 *host, const tabard_plugin_v1 **out)
{
    (void)host;
    *out = &plugin;
    return TABARD_OK;
}
