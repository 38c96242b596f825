#include "fixture.h"
PROVIDE_WITH({
    tabard_auth_v1 auth = {.struct_size = 8, .kind = TABARD_AUTH_BASIC, .registry = request->registry};
    call->add_auth(call, &auth);
    return TABARD_OK;
})
