#define PROVIDERS &provider, &provider
#include "fixture.h"
PROVIDE_NOTHING
