#define PATTERN "fixture.test:port"
#include "fixture.h"
PROVIDE_NOTHING
