/* Sleeps, as plugins may, until nobody wants its answer; tells how it was woken. */
#include <poll.h>
#include "fixture.h"
PROVIDE_WITH({
    tabard_status status = call->sleep_until(call, INT64_MAX);
    struct pollfd wish = {call->cancel_fd, POLLIN, 0};
    if (poll(&wish, 1, 1000) != 1) return tabard_fail(call, TABARD_E_INTERNAL, 0, "cancel_fd is not readable", 25);
    if (!call->is_cancelled(call)) return tabard_fail(call, TABARD_E_INTERNAL, 0, "is_cancelled says no", 20);
    return tabard_fail(call, status, 0, "woken", 5);
})
