/* Sets a variable of its host. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "fixture.h"
PROVIDE_WITH({
    setenv("TABARD_FIXTURE", "1", 1);
    return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
})
