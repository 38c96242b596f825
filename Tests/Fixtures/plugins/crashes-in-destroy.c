/* Touches what is not there when an instance ends. */
#define DESTROY_BODY *(volatile char *)(size_t)self->calls = 0;
#include "fixture.h"
PROVIDE_NOTHING
