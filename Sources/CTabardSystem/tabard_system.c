#define _GNU_SOURCE
#include "tabard_system.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>

const char *tabard_secure_getenv(const char *name)
{
    return secure_getenv(name);
}

void tabard_forbid_memory_dumps(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
}

int tabard_event_descriptor(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void tabard_event_signal(int descriptor)
{
    (void)eventfd_write(descriptor, 1);
}

static _Thread_local uint64_t thread_mark;

uint64_t tabard_thread_mark(void)
{
    return thread_mark;
}

void tabard_set_thread_mark(uint64_t mark)
{
    thread_mark = mark;
}
