#include "fixture.h"
PROVIDE_WITH({
    tabard_error_v1 error = {sizeof error, TABARD_E_DENIED, 403, 0, INT64_C(7000000000), TEXT("role/x may not\nget tokens"), TEXT("ask its owner")};
    call->set_error(call, &error);
    return TABARD_E_DENIED;
})
