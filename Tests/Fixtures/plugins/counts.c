/* Answers with how often it was asked, and whether its own cache was to be passed by; with a wait until cancelled when "gate" is set. */
#include "fixture.h"

PROVIDE_WITH({
    char password[64];
    if (setting(self, "gate")) return tabard_sleep_until(call, INT64_MAX);
    if (setting(self, "verbose")) return tabard_fail(call, TABARD_E_UNAVAILABLE, 503, "the cloud is down", 17);
    self->calls++;
    snprintf(password, sizeof password, "secret-%u%s", self->calls, request->flags & TABARD_REQUEST_FRESH ? "-fresh" : "");
    tabard_status status = tabard_add_basic_auth(call, request->registry, TEXT("user"), text(password));
    if (status != TABARD_OK) return status;
    return keep(call, INT64_C(3600000000000), call->host->unix_time_ns(call->host) + INT64_C(7200000000000), 0);
})
