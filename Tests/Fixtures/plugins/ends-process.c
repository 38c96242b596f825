/* Ends its host. */
#include "fixture.h"
PROVIDE_WITH({ exit(3); })
