/* Takes its time while every host waits. */
#include <time.h>
#define ENTRY_BODY nanosleep(&(struct timespec){0, 150000000}, NULL);
#include "fixture.h"
PROVIDE_NOTHING
