/* Leaves a thread behind. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "fixture.h"
static void *rest(void *argument) { pause(); return argument; }
PROVIDE_WITH({
    pthread_t thread; pthread_create(&thread, NULL, rest, NULL);
    return tabard_add_basic_auth(call, request->registry, TEXT("user"), TEXT("secret"));
})
