/* Pins the size of every struct and the offset and size of every field, so that an insertion, a reordering or a changed type
 * fails the build.  A new minor version appends lines and changes the sizes of the structs it appended to, nothing
 * else. */
#include "tabard.h"

_Static_assert(sizeof(void *) == 8 && sizeof(size_t) == 8, "Tabard supports 64-bit platforms only");
_Static_assert(sizeof(tabard_status) == 4 && sizeof(tabard_log_level) == 4 && sizeof(tabard_cache_key) == 4
                   && sizeof(tabard_auth_kind) == 4 && sizeof(tabard_setting_kind) == 4 && sizeof(tabard_match) == 4,
               "an enumeration is an int32_t at the boundary");

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "the size of " #type " changed")
#define FIELD(type, field, at, bytes) \
    _Static_assert(offsetof(type, field) == (at) && sizeof(((type *)0)->field) == (bytes), #type "." #field " moved or changed its size")

SIZE(tabard_str, 16);
FIELD(tabard_str, ptr, 0, 8);
FIELD(tabard_str, len, 8, 8);

SIZE(tabard_str_list, 16);
FIELD(tabard_str_list, items, 0, 8);
FIELD(tabard_str_list, count, 8, 8);

SIZE(tabard_kv, 32);
FIELD(tabard_kv, key, 0, 16);
FIELD(tabard_kv, value, 16, 16);

SIZE(tabard_kv_list, 16);
FIELD(tabard_kv_list, items, 0, 8);
FIELD(tabard_kv_list, count, 8, 8);

SIZE(tabard_setting, 40);
FIELD(tabard_setting, key, 0, 16);
FIELD(tabard_setting, doc, 16, 16);
FIELD(tabard_setting, kind, 32, 4);
FIELD(tabard_setting, flags, 36, 4);

SIZE(tabard_setting_list, 16);
FIELD(tabard_setting_list, items, 0, 8);
FIELD(tabard_setting_list, count, 8, 8);

SIZE(tabard_host_v1, 88);
FIELD(tabard_host_v1, struct_size, 0, 4);
FIELD(tabard_host_v1, abi_minor, 4, 4);
FIELD(tabard_host_v1, host_data, 8, 8);
FIELD(tabard_host_v1, name, 16, 16);
FIELD(tabard_host_v1, version, 32, 16);
FIELD(tabard_host_v1, log, 48, 8);
FIELD(tabard_host_v1, log_enabled, 56, 8);
FIELD(tabard_host_v1, monotonic_ns, 64, 8);
FIELD(tabard_host_v1, unix_time_ns, 72, 8);
FIELD(tabard_host_v1, get_extension, 80, 8);

SIZE(tabard_request_v1, 88);
FIELD(tabard_request_v1, struct_size, 0, 4);
FIELD(tabard_request_v1, flags, 4, 4);
FIELD(tabard_request_v1, image, 8, 16);
FIELD(tabard_request_v1, registry, 24, 16);
FIELD(tabard_request_v1, repository, 40, 16);
FIELD(tabard_request_v1, service_account_token, 56, 16);
FIELD(tabard_request_v1, service_account_annotations, 72, 16);

SIZE(tabard_auth_v1, 56);
FIELD(tabard_auth_v1, struct_size, 0, 4);
FIELD(tabard_auth_v1, kind, 4, 4);
FIELD(tabard_auth_v1, registry, 8, 16);
FIELD(tabard_auth_v1, username, 24, 16);
FIELD(tabard_auth_v1, password, 40, 16);

SIZE(tabard_cache_v1, 32);
FIELD(tabard_cache_v1, struct_size, 0, 4);
FIELD(tabard_cache_v1, key, 4, 4);
FIELD(tabard_cache_v1, duration_ns, 8, 8);
FIELD(tabard_cache_v1, expires_at_unix_ns, 16, 8);
FIELD(tabard_cache_v1, refresh_at_unix_ns, 24, 8);

SIZE(tabard_error_v1, 56);
FIELD(tabard_error_v1, struct_size, 0, 4);
FIELD(tabard_error_v1, status, 4, 4);
FIELD(tabard_error_v1, http_status, 8, 4);
FIELD(tabard_error_v1, reserved, 12, 4);
FIELD(tabard_error_v1, retry_after_ns, 16, 8);
FIELD(tabard_error_v1, message, 24, 16);
FIELD(tabard_error_v1, advice, 40, 16);

SIZE(tabard_call_v1, 88);
FIELD(tabard_call_v1, struct_size, 0, 4);
FIELD(tabard_call_v1, flags, 4, 4);
FIELD(tabard_call_v1, call_data, 8, 8);
FIELD(tabard_call_v1, host, 16, 8);
FIELD(tabard_call_v1, id, 24, 8);
FIELD(tabard_call_v1, deadline_ns, 32, 8);
FIELD(tabard_call_v1, cancel_fd, 40, 4);
FIELD(tabard_call_v1, reserved, 44, 4);
FIELD(tabard_call_v1, is_cancelled, 48, 8);
FIELD(tabard_call_v1, sleep_until, 56, 8);
FIELD(tabard_call_v1, add_auth, 64, 8);
FIELD(tabard_call_v1, set_cache, 72, 8);
FIELD(tabard_call_v1, set_error, 80, 8);

SIZE(tabard_config_v1, 24);
FIELD(tabard_config_v1, struct_size, 0, 4);
FIELD(tabard_config_v1, reserved, 4, 4);
FIELD(tabard_config_v1, settings, 8, 16);

SIZE(tabard_provider_v1, 112);
FIELD(tabard_provider_v1, struct_size, 0, 4);
FIELD(tabard_provider_v1, flags, 4, 4);
FIELD(tabard_provider_v1, id, 8, 16);
FIELD(tabard_provider_v1, title, 24, 16);
FIELD(tabard_provider_v1, match_images, 40, 16);
FIELD(tabard_provider_v1, settings, 56, 16);
FIELD(tabard_provider_v1, create, 72, 8);
FIELD(tabard_provider_v1, destroy, 80, 8);
FIELD(tabard_provider_v1, matches, 88, 8);
FIELD(tabard_provider_v1, provide, 96, 8);
FIELD(tabard_provider_v1, get_extension, 104, 8);

SIZE(tabard_plugin_v1, 64);
FIELD(tabard_plugin_v1, struct_size, 0, 4);
FIELD(tabard_plugin_v1, abi_minor, 4, 4);
FIELD(tabard_plugin_v1, min_host_minor, 8, 4);
FIELD(tabard_plugin_v1, reserved, 12, 4);
FIELD(tabard_plugin_v1, version, 16, 16);
FIELD(tabard_plugin_v1, vendor, 32, 16);
FIELD(tabard_plugin_v1, providers, 48, 8);
FIELD(tabard_plugin_v1, provider_count, 56, 8);

SIZE(tabard_http_request_v1, 88);
FIELD(tabard_http_request_v1, struct_size, 0, 4);
FIELD(tabard_http_request_v1, flags, 4, 4);
FIELD(tabard_http_request_v1, method, 8, 16);
FIELD(tabard_http_request_v1, url, 24, 16);
FIELD(tabard_http_request_v1, headers, 40, 16);
FIELD(tabard_http_request_v1, body, 56, 16);
FIELD(tabard_http_request_v1, timeout_ns, 72, 8);
FIELD(tabard_http_request_v1, max_body, 80, 8);

SIZE(tabard_http_response_v1, 56);
FIELD(tabard_http_response_v1, struct_size, 0, 4);
FIELD(tabard_http_response_v1, status, 4, 4);
FIELD(tabard_http_response_v1, headers, 8, 16);
FIELD(tabard_http_response_v1, body, 24, 16);
FIELD(tabard_http_response_v1, failure, 40, 16);

SIZE(tabard_http_v1, 16);
FIELD(tabard_http_v1, struct_size, 0, 4);
FIELD(tabard_http_v1, reserved, 4, 4);
FIELD(tabard_http_v1, perform, 8, 8);

SIZE(tabard_process_request_v1, 88);
FIELD(tabard_process_request_v1, struct_size, 0, 4);
FIELD(tabard_process_request_v1, flags, 4, 4);
FIELD(tabard_process_request_v1, path, 8, 16);
FIELD(tabard_process_request_v1, arguments, 24, 16);
FIELD(tabard_process_request_v1, environment, 40, 16);
FIELD(tabard_process_request_v1, input, 56, 16);
FIELD(tabard_process_request_v1, timeout_ns, 72, 8);
FIELD(tabard_process_request_v1, max_output, 80, 8);

SIZE(tabard_process_result_v1, 56);
FIELD(tabard_process_result_v1, struct_size, 0, 4);
FIELD(tabard_process_result_v1, exit_status, 4, 4);
FIELD(tabard_process_result_v1, output, 8, 16);
FIELD(tabard_process_result_v1, errors, 24, 16);
FIELD(tabard_process_result_v1, failure, 40, 16);

SIZE(tabard_process_v1, 16);
FIELD(tabard_process_v1, struct_size, 0, 4);
FIELD(tabard_process_v1, reserved, 4, 4);
FIELD(tabard_process_v1, run, 8, 8);

SIZE(tabard_token_attributes_v1, 72);
FIELD(tabard_token_attributes_v1, struct_size, 0, 4);
FIELD(tabard_token_attributes_v1, require_service_account, 4, 4);
FIELD(tabard_token_attributes_v1, audience, 8, 16);
FIELD(tabard_token_attributes_v1, cache_type, 24, 16);
FIELD(tabard_token_attributes_v1, required_annotation_keys, 40, 16);
FIELD(tabard_token_attributes_v1, optional_annotation_keys, 56, 16);
