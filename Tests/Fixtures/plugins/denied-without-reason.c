#include "fixture.h"
PROVIDE_WITH({ (void)call; return TABARD_E_DENIED; })
