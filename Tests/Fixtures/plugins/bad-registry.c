#include "fixture.h"
PROVIDE_WITH({ return tabard_add_basic_auth(call, TEXT("fixture.test:x"), TEXT("a"), TEXT("b")); })
