#include "fixture.h"
PROVIDE_WITH({ return tabard_add_basic_auth(call, request->registry, TEXT("a"), TEXT("b\0c")); })
