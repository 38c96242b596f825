/* Judges the same image differently each time. */
#define MATCHES sometimes
#include "tabard.h"
static tabard_match sometimes(void *instance, const tabard_request_v1 *request)
{
    static unsigned calls;
    (void)instance;
    (void)request;
    return calls++ % 3 == 0 ? TABARD_MATCH_YES : TABARD_MATCH_NO;
}
#include "fixture.h"
PROVIDE_NOTHING
