#define CREATE_BODY return tabard_fail(call, TABARD_E_INVALID, 0, "user is missing", 15);
#include "fixture.h"
PROVIDE_NOTHING
