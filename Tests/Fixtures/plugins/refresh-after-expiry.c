#include "fixture.h"
PROVIDE_WITH({
    int64_t now = call->host->unix_time_ns(call->host);
    return keep(call, TABARD_DURATION_UNSET, now + INT64_C(1000000000), now + INT64_C(2000000000));
})
