/* Reads the last question again. */
#include "fixture.h"
static tabard_str last;
PROVIDE_WITH({
    size_t sum = 0;
    for (size_t i = 0; i < last.len; i++) sum += (unsigned char)last.ptr[i];
    self->calls += (unsigned)sum;
    last = request->image;
    return TABARD_OK;
})
