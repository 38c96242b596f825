/* Crashes as its setting says, in provide() unless the setting names another function. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tabard.h"

/* Not a tail call, whatever the compiler: each round keeps its block. */
static int deeper(int depth)
{
    volatile char block[4096];
    block[depth % 4096] = (char)depth;
    return depth < 0 ? 0 : deeper(depth + 1) + block[depth % 4096];
}

static void *crash_alone(void *nothing)
{
    *(volatile char *)nothing = 0;
    return nothing;
}

static void crash(const char *how)
{
    pthread_t thread;
    if (strcmp(how, "thread") == 0 && pthread_create(&thread, NULL, crash_alone, NULL) == 0) pthread_join(thread, NULL);
    volatile int zero = 0;
    if (strcmp(how, "abort") == 0) abort();
    if (strcmp(how, "trap") == 0) __builtin_trap();
    if (strcmp(how, "stack") == 0) exit(deeper(0));
    if (strcmp(how, "bus") == 0) {
        /* A page of a file that is shorter. */
        int file = memfd_create("crash", 0);
        volatile char *page = ftruncate(file, 0) == 0 ? mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0) : NULL;
        exit(page[0]);
    }
#if defined(__x86_64__)
    if (strcmp(how, "breakpoint") == 0) __asm__ volatile("int3");
    if (strcmp(how, "division") == 0) exit(1000 / zero);
#endif
    *(volatile char *)(size_t)zero = 0;
}

static tabard_match judge(void *instance, const tabard_request_v1 *request);
#define MATCHES judge
#define is(self, word) (setting(self, "user") && strcmp(setting(self, "user"), word) == 0)
#include "fixture.h"

static tabard_match judge(void *instance, const tabard_request_v1 *request)
{
    (void)request;
    if (is((fixture *)instance, "matches")) crash("");
    return TABARD_MATCH_YES;
}
PROVIDE_WITH({
    const char *how = setting(self, "user");
    crash(how ? how : "");
    return TABARD_OK;
})
