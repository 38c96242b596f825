#include "fixture.h"
PROVIDE_WITH({
    for (int i = 0; i < 300; i++) {
        char pattern[64];
        snprintf(pattern, sizeof pattern, "r%d.fixture.test", i);
        tabard_status status = tabard_add_basic_auth(call, text(pattern), TEXT("a"), TEXT("b"));
        if (status != TABARD_OK) return status;
    }
    return TABARD_OK;
})
