#include "fixture.h"
PROVIDE_WITH({
    tabard_auth_v1 auth = {sizeof auth, (tabard_auth_kind)9, request->registry, TEXT("a"), TEXT("b")};
    return call->add_auth(call, &auth);
})
