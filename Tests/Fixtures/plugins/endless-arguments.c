/* Says that its list of arguments is longer than memory; asks for an extension with such a name first. */
#include "fixture.h"
PROVIDE_WITH({
    tabard_str argument = TEXT("-c");
    tabard_process_request_v1 question = {0};
    tabard_process_result_v1 result = {0};
    if (call->host->get_extension(call->host, TABARD_EXT_PROCESS, (size_t)-1) != NULL) return TABARD_E_INTERNAL;
    question.struct_size = sizeof question;
    question.path = TEXT("/bin/true");
    question.arguments = (tabard_str_list){&argument, (size_t)-1};
    tabard_status status = tabard_process_run(tabard_process(call->host), call, &question, &result);
    return tabard_fail(call, status, 0, result.failure.ptr, result.failure.len);
})
