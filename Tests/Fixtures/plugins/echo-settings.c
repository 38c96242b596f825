/* Emits each of its settings as an entry: key as user, value as password. */
#include "fixture.h"

PROVIDE_WITH({
    for (size_t i = 0; i < self->count; i++) {
        char pattern[64];
        snprintf(pattern, sizeof pattern, "s%zu.fixture.test", i);
        tabard_status status = tabard_add_basic_auth(call, text(pattern), text(self->values[i][0]), text(self->values[i][1]));
        if (status != TABARD_OK) return status;
    }
    return TABARD_OK;
})
