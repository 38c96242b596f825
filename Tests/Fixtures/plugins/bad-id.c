#define ID "Fixture_1"
#include "fixture.h"
PROVIDE_NOTHING
