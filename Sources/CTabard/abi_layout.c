/* Compiles the contract as C, so that a header that does not stand alone fails every build. */
#include "tabard.h"

_Static_assert(sizeof(void *) == 8, "Tabard supports 64-bit platforms only");
_Static_assert(sizeof(tabard_status) == 4, "statuses are int32_t at the boundary");
