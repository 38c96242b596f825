/* Exports a function beside its entry. */
#include "fixture.h"
TABARD_EXPORT int fixture_helper(void);
TABARD_EXPORT int fixture_helper(void) { return 1; }
PROVIDE_NOTHING
