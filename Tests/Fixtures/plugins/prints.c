/* Writes to standard output, which is the caller's answer channel. */
#include "fixture.h"
PROVIDE_WITH({
    printf("chatty\n");
    fflush(stdout);
    return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
})
