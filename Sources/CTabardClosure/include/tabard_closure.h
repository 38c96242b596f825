#ifndef TABARD_CLOSURE_H
#define TABARD_CLOSURE_H

/* An installation may carry libraries for systems that have none: its closure, the folder lib/tabard/closure below its prefix. Beside a library
 * NAME there, NAME.needs lists the others of the folder that it needs, one a line, each after those that it needs itself. */

#include <stddef.h>

/* Opens a shared library of the system's, or, where the system has none, the copy in the closure; never closed. `reason`, terminated and
 * at most `size` bytes, stays as it was, or is the loader's reason when NULL is returned.  [any thread] */
void *tabard_closure_open(const char *name, char *reason, size_t size);

/* The path of a file of the closure, terminated, in `path` of `size` bytes: 0, or -1 when this installation has no such file, or when the process
 * has raised privileges, in which the place of a program proves nothing.  [any thread] */
int tabard_closure_find(const char *name, char *path, size_t size);

#endif
