/* Answers with its settings, or with what its endpoint says. */
#include "fixture.h"

static tabard_status ask(const fixture *self, const tabard_request_v1 *request, const tabard_call_v1 *call, tabard_str user)
{
    const tabard_http_v1 *http = tabard_http(call->host);
    if (!http) return TABARD_E_UNSUPPORTED;
    tabard_kv headers[] = {{TEXT("X-Fixture"), TEXT("yes")}};
    tabard_http_request_v1 question = {0};
    question.struct_size = sizeof question;
    question.method = TEXT("GET");
    question.url = text(setting(self, "endpoint"));
    question.headers = (tabard_kv_list){headers, 1};
    question.body = request->service_account_token;
    tabard_http_response_v1 answer = {0};
    tabard_status status = tabard_http_perform(http, call, &question, &answer);
    if (status != TABARD_OK) return tabard_fail(call, status, 0, answer.failure.ptr ? answer.failure.ptr : "no answer", answer.failure.ptr ? answer.failure.len : 9);
    if (answer.status != 200) return tabard_fail(call, TABARD_E_DENIED, answer.status, "the endpoint said no", 20);
    return tabard_add_basic_auth(call, request->registry, user, answer.body);
}

PROVIDE_WITH({
    const char *user = setting(self, "user") ? setting(self, "user") : "user";
    const char *password = setting(self, "password") ? setting(self, "password") : "secret";
    self->calls++;
    tabard_log(call->host, TABARD_LOG_INFO, "answering", 9);
    tabard_status status = setting(self, "endpoint")
        ? ask(self, request, call, text(user))
        : tabard_add_basic_auth(call, request->registry, text(user), text(password));
    if (status != TABARD_OK) return status;
    return keep(call, INT64_C(3600000000000), call->host->unix_time_ns(call->host) + INT64_C(7200000000000), 0);
})
