#include "fixture.h"
extern int tabard_fixture_nobody_has_this(void);
PROVIDE_WITH({ (void)call; return tabard_fixture_nobody_has_this(); })
