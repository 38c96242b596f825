/* Says that its list of patterns is longer than memory. */
#define PATTERN_COUNT (size_t)-1
#include "fixture.h"
PROVIDE_NOTHING
