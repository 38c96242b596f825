#define MATCHES no
#include "tabard.h"
static tabard_match no(void *instance, const tabard_request_v1 *request)
{
    (void)instance;
    (void)request;
    return TABARD_MATCH_NO;
}
#include "fixture.h"
PROVIDE_NOTHING
