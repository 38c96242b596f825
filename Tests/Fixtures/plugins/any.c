#define ID "any"
#define FLAGS (TABARD_PROVIDER_MATCH_ANY | TABARD_PROVIDER_CONCURRENT | TABARD_PROVIDER_USES_SERVICE_ACCOUNT)
#include "fixture.h"
PROVIDE_WITH({ return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret")); })
