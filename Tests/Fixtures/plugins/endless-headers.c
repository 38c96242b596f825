/* Says that its list of headers is longer than memory. */
#include "fixture.h"
PROVIDE_WITH({
    tabard_kv header = {TEXT("x-one"), TEXT("1")};
    tabard_http_request_v1 question = {0};
    tabard_http_response_v1 answer = {0};
    question.struct_size = sizeof question;
    question.method = TEXT("GET");
    question.url = TEXT("https://fixture.test/");
    question.headers = (tabard_kv_list){&header, (size_t)-1};
    tabard_status status = tabard_http_perform(tabard_http(call->host), call, &question, &answer);
    return tabard_fail(call, status, 0, answer.failure.ptr, answer.failure.len);
})
