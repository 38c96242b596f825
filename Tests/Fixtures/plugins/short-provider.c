#define PROVIDER_SIZE 64
#include "fixture.h"
PROVIDE_NOTHING
