#define CREATE_BODY return tabard_add_basic_auth(call, TEXT("fixture.test"), TEXT("a"), TEXT("b"));
#include "fixture.h"
PROVIDE_NOTHING
