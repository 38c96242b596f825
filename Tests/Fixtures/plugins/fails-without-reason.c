/* Says that it failed and not why. */
#include "fixture.h"
PROVIDE_BY_HTTP(return TABARD_E_UNAVAILABLE;)
