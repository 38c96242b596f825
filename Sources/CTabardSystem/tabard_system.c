#define _GNU_SOURCE
#include "tabard_system.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char *tabard_secure_getenv(const char *name)
{
    return secure_getenv(name);
}

char **tabard_environment(void)
{
    return environ;
}

const char *tabard_object_path(void)
{
    static const char here = 0;
    Dl_info info;
    return dladdr(&here, &info) != 0 ? info.dli_fname : NULL;
}

void tabard_forbid_memory_dumps(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
}

void tabard_share_heap(void)
{
    (void)mallopt(M_ARENA_MAX, 1);
}

int tabard_occupy_standard_descriptors(void)
{
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0) continue;
        /* The lowest free number is this one. Open the wrong way round, so that using it is an error and not silence. */
        if (open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) < 0) return -1;
    }
    return 0;
}

int tabard_signal_is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int tabard_clock_is_synchronised(void)
{
    struct timex state = {0};
    int result = adjtimex(&state);
    if (result < 0) return -1;
    return result != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
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

int tabard_pipe(int ends[2], int own)
{
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    /* For a pipe just made, setting a flag that it has cannot fail. */
    (void)fcntl(ends[own], F_SETFL, O_NONBLOCK);
    return 0;
}

int tabard_spawn(const char *path, char *const arguments[], char *const environment[], int input, int output, int errors, int *process)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    const int given[3] = {input, output, errors};
    int copies[3] = {-1, -1, -1};
    int number = posix_spawn_file_actions_init(&actions);
    if (number != 0) return number;
    number = posix_spawnattr_init(&attributes);
    if (number != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return number;
    }
    /* Above 2, so that no dup2 in the child overwrites one that is still needed: this process may run without standard streams. */
    for (int stream = 0; stream < 3 && number == 0; stream++) {
        copies[stream] = fcntl(given[stream], F_DUPFD_CLOEXEC, 3);
        number = copies[stream] < 0 ? errno : posix_spawn_file_actions_adddup2(&actions, copies[stream], stream);
    }
    if (number == 0) number = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    sigfillset(&all);
    sigemptyset(&none);
    if (number == 0) number = posix_spawnattr_setsigdefault(&attributes, &all);
    if (number == 0) number = posix_spawnattr_setsigmask(&attributes, &none);
    if (number == 0) number = posix_spawnattr_setpgroup(&attributes, 0);
    if (number == 0)
        number = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (number == 0) number = posix_spawn(process, path, &actions, &attributes, arguments, environment);
    for (int stream = 0; stream < 3; stream++)
        if (copies[stream] >= 0) close(copies[stream]);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return number;
}

int tabard_process_descriptor(int process)
{
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int tabard_reap(int process_descriptor, int *code)
{
    siginfo_t info;
    int result;
    do {
        result = waitid(P_PIDFD, (id_t)process_descriptor, &info, WEXITED);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    *code = info.si_status;
    return info.si_code == CLD_EXITED ? 0 : 1;
}

void tabard_start_writing(int descriptor, int64_t offset, int64_t count)
{
    sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

long tabard_write_without_signal(int descriptor, const void *bytes, size_t count)
{
    sigset_t pipe_signal, pending, before;
    const struct timespec at_once = {0, 0};
    ssize_t written;
    int number;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    const int was_pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    do {
        written = write(descriptor, bytes, count);
    } while (written < 0 && errno == EINTR);
    number = errno;
    /* SIGPIPE goes to the writing thread: take it away again before it is unblocked. */
    if (written < 0 && number == EPIPE && !was_pending)
        while (sigtimedwait(&pipe_signal, NULL, &at_once) < 0 && errno == EINTR) {
        }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return written < 0 ? -(long)number : written;
}

int tabard_peer(int descriptor, uint32_t *user, uint32_t *group, int *process)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
    *user = peer.uid;
    *group = peer.gid;
    *process = peer.pid;
    return 0;
}

int tabard_peer_is_in_group(int descriptor, uint32_t group)
{
    uint32_t user, primary;
    int process;
    gid_t *groups = NULL;
    socklen_t size = 0;
    int found = 0;
    if (tabard_peer(descriptor, &user, &primary, &process) != 0) return -1;
    if (primary == group) return 1;
    /* The first question fails with the size that is needed; without any group it succeeds. */
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) != 0 && errno != ERANGE) return -1;
    if (size == 0) return 0;
    groups = malloc(size);
    if (groups == NULL) return -1;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) size = 0;
    for (size_t i = 0; i < size / sizeof *groups; i++) found |= groups[i] == group;
    free(groups);
    return found;
}

int tabard_accept(int listener)
{
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static const int every_seal = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

int tabard_sealed_file(const void *bytes, size_t count)
{
    const char *rest = bytes;
    int number;
    int descriptor = memfd_create("tabard", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -1;
    while (count > 0) {
        const ssize_t written = write(descriptor, rest, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) goto failed;
        rest += written;
        count -= (size_t)written;
    }
    if (fcntl(descriptor, F_ADD_SEALS, every_seal) == 0) return descriptor;
failed:
    number = errno;
    close(descriptor);
    errno = number;
    return -1;
}

int tabard_is_sealed_file(int descriptor)
{
    return fcntl(descriptor, F_GET_SEALS) == every_seal;
}

int tabard_set_inherited(int descriptor, int is_inherited)
{
    return fcntl(descriptor, F_SETFD, is_inherited ? 0 : FD_CLOEXEC);
}
