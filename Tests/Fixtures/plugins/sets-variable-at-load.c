/* Sets a variable of its host. */
#include <stdlib.h>
#define ENTRY_BODY setenv("TABARD_FIXTURE", "1", 1);
#include "fixture.h"
PROVIDE_NOTHING
