/* Reads standard input, which is its host's request channel. */
#include <unistd.h>
#include "fixture.h"
PROVIDE_WITH({
    char byte;
    ssize_t count = read(0, &byte, 1);
    (void)count;
    return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
})
