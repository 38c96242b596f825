/* The second call uses the pointer of the first one. */
#include "fixture.h"
static const tabard_call_v1 *first;
PROVIDE_WITH({
    if (!first) {
        first = call;
        return TABARD_OK;
    }
    tabard_status status = tabard_add_basic_auth(first, request->registry, TEXT("late"), TEXT("late"));
    if (!first->is_cancelled(first)) return TABARD_E_INTERNAL;
    return status == TABARD_E_INVALID ? tabard_add_basic_auth(call, request->registry, TEXT("now"), TEXT("now")) : TABARD_E_INTERNAL;
})
