/* Pins tabard_host.h as abi_layout.c pins tabard.h: a new minor version appends lines, nothing else. */
#include "tabard_host.h"

_Static_assert(sizeof(tabard_entry_kind) == 4, "an enumeration is an int32_t at the boundary");

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "the size of " #type " changed")
#define FIELD(type, field, at, bytes) \
    _Static_assert(offsetof(type, field) == (at) && sizeof(((type *)0)->field) == (bytes), #type "." #field " moved or changed its size")

SIZE(tabard_problem_v1, 48);
FIELD(tabard_problem_v1, struct_size, 0, 4);
FIELD(tabard_problem_v1, status, 4, 4);
FIELD(tabard_problem_v1, source, 8, 16);
FIELD(tabard_problem_v1, message, 24, 16);
FIELD(tabard_problem_v1, retry_after_ns, 40, 8);

SIZE(tabard_entry_v1, 88);
FIELD(tabard_entry_v1, struct_size, 0, 4);
FIELD(tabard_entry_v1, kind, 4, 4);
FIELD(tabard_entry_v1, id, 8, 8);
FIELD(tabard_entry_v1, registry, 16, 16);
FIELD(tabard_entry_v1, username, 32, 16);
FIELD(tabard_entry_v1, password, 48, 16);
FIELD(tabard_entry_v1, source, 64, 16);
FIELD(tabard_entry_v1, expires_at_unix_ns, 80, 8);

SIZE(tabard_sink_v1, 32);
FIELD(tabard_sink_v1, struct_size, 0, 4);
FIELD(tabard_sink_v1, reserved, 4, 4);
FIELD(tabard_sink_v1, data, 8, 8);
FIELD(tabard_sink_v1, entry, 16, 8);
FIELD(tabard_sink_v1, problem, 24, 8);

SIZE(tabard_text_sink_v1, 24);
FIELD(tabard_text_sink_v1, struct_size, 0, 4);
FIELD(tabard_text_sink_v1, reserved, 4, 4);
FIELD(tabard_text_sink_v1, data, 8, 8);
FIELD(tabard_text_sink_v1, text, 16, 8);

SIZE(tabard_open_options_v1, 104);
FIELD(tabard_open_options_v1, struct_size, 0, 4);
FIELD(tabard_open_options_v1, flags, 4, 4);
FIELD(tabard_open_options_v1, plugin_dirs, 8, 16);
FIELD(tabard_open_options_v1, config_path, 24, 16);
FIELD(tabard_open_options_v1, config_text, 40, 16);
FIELD(tabard_open_options_v1, docker_config, 56, 16);
FIELD(tabard_open_options_v1, log_data, 72, 8);
FIELD(tabard_open_options_v1, log, 80, 8);
FIELD(tabard_open_options_v1, application, 88, 16);

SIZE(tabard_query_v1, 104);
FIELD(tabard_query_v1, struct_size, 0, 4);
FIELD(tabard_query_v1, flags, 4, 4);
FIELD(tabard_query_v1, image, 8, 16);
FIELD(tabard_query_v1, pull_secrets, 24, 16);
FIELD(tabard_query_v1, service_account_token, 40, 16);
FIELD(tabard_query_v1, service_account_annotations, 56, 16);
FIELD(tabard_query_v1, identity, 72, 16);
FIELD(tabard_query_v1, timeout_ns, 88, 8);
FIELD(tabard_query_v1, cancel_fd, 96, 4);
FIELD(tabard_query_v1, reserved, 100, 4);
