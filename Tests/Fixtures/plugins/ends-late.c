/* Goes on for a while after the host has told it to stop. */
#include <time.h>
#include "fixture.h"
PROVIDE_BY_HTTP({
    if (call->is_cancelled(call)) nanosleep(&(struct timespec){1, 300000000}, NULL);
    return tabard_fail(call, TABARD_E_DEADLINE, 0, "late", 4);
})
