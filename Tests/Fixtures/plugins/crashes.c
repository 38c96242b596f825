/* Crashes as its setting says. */
#include <signal.h>
#include "fixture.h"
PROVIDE_WITH({
    const char *how = setting(self, "user");
    if (how && strcmp(how, "abort") == 0) abort();
    if (how && strcmp(how, "trap") == 0) __builtin_trap();
    *(volatile char *)(size_t)self->calls = 0;
    return TABARD_OK;
})
