/* Gives a table for an extension that it cannot know. */
#define EXTENSION extension
#include <string.h>
#include "tabard.h"
static const void *extension(const tabard_provider_v1 *self, const char *id, size_t length)
{
    return length > 4 && memcmp(id, "com.", 4) == 0 ? self : NULL;
}
#include "fixture.h"
PROVIDE_NOTHING
