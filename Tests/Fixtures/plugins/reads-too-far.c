/* Reads a field of a later version without asking whether it is there. */
#include "fixture.h"
PROVIDE_WITH({
    const uint64_t *later = (const uint64_t *)(call + 1);
    self->calls += (unsigned)*(const volatile uint64_t *)later;
    return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
})
