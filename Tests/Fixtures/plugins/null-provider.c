#define PROVIDERS &provider, NULL
#include "fixture.h"
PROVIDE_NOTHING
