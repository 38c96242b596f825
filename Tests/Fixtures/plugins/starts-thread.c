/* Starts a thread as soon as it is loaded. */
#include <pthread.h>
#include <unistd.h>
#include "fixture.h"
static void *rest(void *argument) { pause(); return argument; }
__attribute__((constructor)) static void start(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, rest, NULL);
}
PROVIDE_NOTHING
