/* Answers with what a program writes, which its settings name. */
#include "fixture.h"
PROVIDE_WITH({
    const tabard_process_v1 *process = tabard_process(call->host);
    const char *password = setting(self, "password");
    if (!process) return TABARD_E_UNSUPPORTED;
    tabard_str arguments[] = {TEXT("-c"), text(setting(self, "user"))};
    tabard_kv variables[] = {{TEXT("FIXTURE"), TEXT("from the request")}};
    tabard_process_request_v1 question = {0};
    tabard_process_result_v1 result = {0};
    question.struct_size = sizeof question;
    question.path = text(setting(self, "gate"));
    question.arguments = (tabard_str_list){arguments, 2};
    question.environment = (tabard_kv_list){variables, 1};
    if (password) question.input = text(password);
    question.max_output = 64;
    tabard_status status = tabard_process_run(process, call, &question, &result);
    if (status != TABARD_OK) return tabard_fail(call, status, 0, result.failure.ptr, result.failure.len);
    char user[32];
    snprintf(user, sizeof user, "exit %d", result.exit_status);
    return tabard_add_basic_auth(call, request->registry, text(user), result.output);
})
