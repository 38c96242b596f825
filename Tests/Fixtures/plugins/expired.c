#include "fixture.h"
PROVIDE_WITH({ return keep(call, TABARD_DURATION_UNSET, call->host->unix_time_ns(call->host) - 1, 0); })
