#define ID "fix\xffture"
#include "fixture.h"
PROVIDE_NOTHING
