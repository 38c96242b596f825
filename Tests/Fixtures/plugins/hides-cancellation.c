/* Takes the end of a call for a failure of the cloud. */
#include "fixture.h"
PROVIDE_BY_HTTP(return tabard_fail(call, TABARD_E_UNAVAILABLE, 0, "the cloud does not answer", 25);)
