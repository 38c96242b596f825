/* Says whose code crashed before the process dies of it. For executables of our own: a library leaves signals to its host. */
#ifndef TABARD_CRASH_H
#define TABARD_CRASH_H

#include <signal.h>
#include <stddef.h>

/* What `tabard_crash_enter` replaced. */
typedef struct tabard_crash_scope {
    const char *label;
    stack_t stack;
} tabard_crash_scope;

/* Handles SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP and SIGABRT on the alternate stack, those that nobody else handles: one line on standard
   error, which names the thread's label or else the file of the code that crashed, then the signal's default. `program` must stay valid for ever. */
void tabard_crash_install(const char *program);

/* Whether that was done. */
int tabard_crash_is_installed(void);

/* From now on this thread runs `label` and has `stack` for signal handlers. Both stay valid until `tabard_crash_leave`, on this thread. */
void tabard_crash_enter(tabard_crash_scope *scope, const char *label, void *stack, size_t size);
void tabard_crash_leave(const tabard_crash_scope *scope);

#endif
