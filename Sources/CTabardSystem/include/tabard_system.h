/* The Linux calls that Swift's Glibc module does not import: variadic ones, and those behind _GNU_SOURCE. */
#ifndef TABARD_SYSTEM_H
#define TABARD_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

/* secure_getenv(3): NULL also when the process has raised privileges. */
const char *tabard_secure_getenv(const char *name);

/* environ(7), which Swift will not read because it may change: the list as it is now, ending with NULL. */
char **tabard_environment(void);

/* The file that holds this code: the program, or the shared object that it was linked into. NULL: not known. */
const char *tabard_object_path(void);

/* RLIMIT_CORE 0 and PR_SET_DUMPABLE 0: no core file, no ptrace or /proc/PID/mem by other processes of the same user. */
void tabard_forbid_memory_dumps(void);

/* One malloc arena for all threads (mallopt(3)); before the first thread is started. */
void tabard_share_heap(void);

/* Opens those of the descriptors 0, 1 and 2 that are closed, so that no file or socket can get their numbers. 0, or -1 with errno. */
int tabard_occupy_standard_descriptors(void);

/* Whether this process was started, or has decided, to ignore the signal: nohup(1), a background job of a script. */
int tabard_signal_is_ignored(int signal);

/* Whether the kernel believes that its clock is kept by a time service (adjtimex(2)): 1, 0, or -1 where it does not say. */
int tabard_clock_is_synchronised(void);

/* An eventfd(2), close-on-exec and non-blocking, or -1; and the write that makes it readable for good. */
int tabard_event_descriptor(void);
void tabard_event_signal(int descriptor);

/* A number of the calling thread (_Thread_local, which Swift cannot declare); 0 at first. */
uint64_t tabard_thread_mark(void);
void tabard_set_thread_mark(uint64_t mark);

/* Two close-on-exec pipe ends, reader first, of which ends[own] does not block; 0 or -1 with errno. */
int tabard_pipe(int ends[2], int own);

/* posix_spawn(3) with the three descriptors as standard streams and all others closed, in a process group of its own, every signal at
   its default and none blocked. 0 or an errno. */
int tabard_spawn(const char *path, char *const arguments[], char *const environment[], int input, int output, int errors, int *process);

/* pidfd_open(2): a close-on-exec descriptor that is readable once the process has ended; or -1 with errno. */
int tabard_process_descriptor(int process);

/* Waits for the end of the child and forgets it. 0: it exited, `code` is its status; 1: `code` is the signal that killed it;
   -1: somebody else has taken its status. */
int tabard_reap(int process_descriptor, int *code);

/* Lets the kernel begin to write these bytes of a file to disk (sync_file_range(2)): a hint, whose failure changes nothing. */
void tabard_start_writing(int descriptor, int64_t offset, int64_t count);

/* write(2) without SIGPIPE, whatever this process does with that signal. The count, or the errno negated. */
long tabard_write_without_signal(int descriptor, const void *bytes, size_t count);

/* Who is at the other end of a connected unix(7) socket (SO_PEERCRED), as the kernel saw it when it connected or listened. 0, or -1 with errno. */
int tabard_peer(int descriptor, uint32_t *user, uint32_t *group, int *process);
/* Whether that process was in the group, its supplementary groups included (SO_PEERGROUPS). 1, 0, or -1 with errno. */
int tabard_peer_is_in_group(int descriptor, uint32_t group);

/* accept4(2): close-on-exec and non-blocking; or -1 with errno. */
int tabard_accept(int listener);

/* A file in memory (memfd_create(2)) with these bytes, sealed: nobody can change them any more. Close-on-exec; or -1 with errno. */
int tabard_sealed_file(const void *bytes, size_t count);
/* Whether a descriptor is such a file. */
int tabard_is_sealed_file(int descriptor);

/* Whether a program that this process becomes or starts inherits the descriptor. 0, or -1 with errno. */
int tabard_set_inherited(int descriptor, int is_inherited);

#endif
