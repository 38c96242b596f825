/* Forgets 32 bytes each time. */
#include "fixture.h"
static void *volatile lost;
PROVIDE_WITH({
    lost = malloc(32);
    return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
})
