#define VERSION "1.\0002"
#include "fixture.h"
PROVIDE_NOTHING
