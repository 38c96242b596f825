/* Logs what it was answered. */
#include "fixture.h"
PROVIDE_BY_HTTP({
    if (answer.body.ptr) tabard_log(call->host, TABARD_LOG_DEBUG, answer.body.ptr, answer.body.len);
    return tabard_fail(call, TABARD_E_DENIED, answer.status, "no", 2);
})
