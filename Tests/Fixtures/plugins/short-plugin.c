#define PLUGIN_SIZE 24
#include "fixture.h"
PROVIDE_NOTHING
