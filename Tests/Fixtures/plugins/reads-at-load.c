/* Reads a file in its entry. */
#define ENTRY_BODY FILE *file = fopen("/etc/hostname", "r"); if (file) fclose(file);
#include "fixture.h"
PROVIDE_NOTHING
