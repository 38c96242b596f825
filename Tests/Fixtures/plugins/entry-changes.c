/* Makes a new table each time that it is asked. */
#define ENTRY_BODY static tabard_plugin_v1 tables[64]; static unsigned calls; tables[calls % 64] = plugin; *out = &tables[calls++ % 64]; return TABARD_OK;
#include "fixture.h"
PROVIDE_NOTHING
