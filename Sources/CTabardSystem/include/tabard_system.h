/* The Linux calls that Swift's Glibc module does not import: variadic ones, and those behind _GNU_SOURCE. */
#ifndef TABARD_SYSTEM_H
#define TABARD_SYSTEM_H

#include <stdint.h>

/* secure_getenv(3): NULL also when the process has raised privileges. */
const char *tabard_secure_getenv(const char *name);

/* RLIMIT_CORE 0 and PR_SET_DUMPABLE 0: no core file, no ptrace or /proc/PID/mem by other processes of the same user. */
void tabard_forbid_memory_dumps(void);

/* An eventfd(2), close-on-exec and non-blocking, or -1; and the write that makes it readable for good. */
int tabard_event_descriptor(void);
void tabard_event_signal(int descriptor);

/* A number of the calling thread (_Thread_local, which Swift cannot declare); 0 at first. */
uint64_t tabard_thread_mark(void);
void tabard_set_thread_mark(uint64_t mark);

#endif
