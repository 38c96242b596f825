#include "fixture.h"
PROVIDE_WITH({
    tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
    return (tabard_status)3;
})
