/* Forgets to close a file. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "fixture.h"
PROVIDE_WITH({
    int file = open("/dev/null", O_RDONLY); (void)file;
    return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
})
