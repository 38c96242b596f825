/* Goes elsewhere. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "fixture.h"
PROVIDE_WITH({
    int moved = chdir("/"); (void)moved;
    return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
})
