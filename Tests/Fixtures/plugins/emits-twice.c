#include "fixture.h"
PROVIDE_WITH({
    tabard_add_basic_auth(call, request->registry, TEXT("a"), TEXT("b"));
    tabard_add_basic_auth(call, request->registry, TEXT("c"), TEXT("d"));
    return TABARD_OK;
})
