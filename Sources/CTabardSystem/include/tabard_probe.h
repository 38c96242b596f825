/* What a process needs to watch itself while it runs code that it is there to test. */
#ifndef TABARD_PROBE_H
#define TABARD_PROBE_H

#include <stddef.h>
#include <stdint.h>

/* memfd_create(2), close-on-exec; or -1. */
int tabard_memory_file(void);

/* How many bytes wait to be read from a pipe (FIONREAD), or -1. */
long tabard_bytes_waiting(int descriptor);

/* The bytes that malloc has handed out and not got back. */
size_t tabard_heap_in_use(void);

/* The handler of a signal as a number (SIG_DFL is 0, SIG_IGN is 1). */
uintptr_t tabard_signal_handler(int signal);

/* From now on and for good, system calls of this thread and of threads that it starts that reach for the network, start a process or
   open a file for writing fail with EPERM and are remembered; with `strict`, every open of a file is too. 0, or -1 where the kernel
   has no seccomp(2). */
int tabard_watch_system_calls(int strict);

/* The first such call since the last question, or NULL. */
const char *tabard_watched_system_call(void);

#endif
