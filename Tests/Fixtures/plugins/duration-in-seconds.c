#include "fixture.h"
PROVIDE_WITH({ return keep(call, 3600, 0, 0); })
