#include "fixture.h"
static char bytes[70000];
PROVIDE_WITH({
    memset(bytes, 'x', sizeof bytes);
    return tabard_add_basic_auth(call, request->registry, TEXT("a"), (tabard_str){bytes, sizeof bytes});
})
