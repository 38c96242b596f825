#define MIN_HOST_MINOR 7
#include "fixture.h"
PROVIDE_NOTHING
