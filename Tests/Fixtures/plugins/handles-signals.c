/* Handles a signal of its host. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "fixture.h"
PROVIDE_WITH({
    signal(SIGCHLD, SIG_IGN);
    return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
})
