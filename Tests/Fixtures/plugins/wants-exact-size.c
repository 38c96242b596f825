/* Wants the host to be as old as itself. */
#include "fixture.h"
PROVIDE_WITH({
    if (call->struct_size != sizeof *call) return tabard_fail(call, TABARD_E_UNSUPPORTED, 0, "another version", 15);
    return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
})
