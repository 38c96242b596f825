/* Takes settings that it does not describe. */
#define TAKES(self, key) 1
#include "fixture.h"
PROVIDE_NOTHING
