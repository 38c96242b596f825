#include "fixture.h"
PROVIDE_WITH({ (void)call; return (tabard_status)-77; })
