#define _GNU_SOURCE
#include "tabard_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

int tabard_memory_file(void)
{
    return memfd_create("probe", MFD_CLOEXEC);
}

long tabard_bytes_waiting(int descriptor)
{
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) == 0 ? count : -1;
}

size_t tabard_heap_in_use(void)
{
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

uintptr_t tabard_signal_handler(int signal)
{
    struct sigaction action;
    if (sigaction(signal, NULL, &action) != 0) return 0;
    return (uintptr_t)action.sa_handler;
}

/* Written by the signal handler, on whichever thread made the call. */
static volatile sig_atomic_t watched_call = -1;

#if defined(__x86_64__)
#define WATCHED_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define WATCHED_ARCH AUDIT_ARCH_AARCH64
#else
#error "add the audit architecture of this machine"
#endif

static void refuse_call(int signal, siginfo_t *info, void *context)
{
    ucontext_t *thread = context;
    (void)signal;
    if (watched_call < 0) watched_call = info->si_syscall;
    /* The call did not happen; its result is ours to give. */
#if defined(__x86_64__)
    thread->uc_mcontext.gregs[REG_RAX] = -EPERM;
#else
    thread->uc_mcontext.regs[0] = (unsigned long)-EPERM;
#endif
}

static const struct {
    int number;
    const char *name;
} watched[] = {
    {SYS_socket, "socket"},   {SYS_connect, "connect"}, {SYS_execve, "execve"}, {SYS_execveat, "execveat"}, {SYS_sendto, "sendto"},
    {SYS_unlinkat, "unlink"}, {SYS_mkdirat, "mkdir"},   {SYS_openat2, "open"},  {SYS_openat, "open"},
#ifdef SYS_open
    {SYS_open, "open"},       {SYS_creat, "creat"},     {SYS_fork, "fork"},     {SYS_vfork, "vfork"},       {SYS_unlink, "unlink"},
    {SYS_mkdir, "mkdir"},
#endif
};

const char *tabard_watched_system_call(void)
{
    const int number = watched_call;
    watched_call = -1;
    if (number < 0) return NULL;
    for (size_t index = 0; index < sizeof watched / sizeof watched[0]; index++)
        if (watched[index].number == number) return watched[index].name;
    return "a forbidden system call";
}

#define WRITING (O_WRONLY | O_RDWR | O_CREAT)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define TRAP BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define TRAP_IF(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), TRAP
/* Both loaded words are compared on little-endian machines only, which 64-bit Linux on x86 and arm is. */
#define TRAP_IF_WRITING(call, argument) \
    LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 3), LOAD(args[argument]), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, WRITING, 0, 1), TRAP

int tabard_watch_system_calls(int strict)
{
    struct sock_filter lenient[] = {
        LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WATCHED_ARCH, 1, 0), ALLOW, LOAD(nr),
        TRAP_IF(SYS_socket), TRAP_IF(SYS_connect), TRAP_IF(SYS_execve), TRAP_IF(SYS_execveat), TRAP_IF(SYS_sendto),
        TRAP_IF(SYS_unlinkat), TRAP_IF(SYS_mkdirat),
#ifdef SYS_open
        TRAP_IF(SYS_creat), TRAP_IF(SYS_fork), TRAP_IF(SYS_vfork), TRAP_IF(SYS_unlink), TRAP_IF(SYS_mkdir),
        TRAP_IF_WRITING(SYS_open, 1),
#endif
        TRAP_IF_WRITING(SYS_openat, 2), ALLOW,
    };
    struct sock_filter opening[] = {
        LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WATCHED_ARCH, 1, 0), ALLOW, LOAD(nr),
        TRAP_IF(SYS_openat), TRAP_IF(SYS_openat2),
#ifdef SYS_open
        TRAP_IF(SYS_open),
#endif
        ALLOW,
    };
    const struct sock_fprog program = strict
        ? (struct sock_fprog){sizeof opening / sizeof opening[0], opening}
        : (struct sock_fprog){sizeof lenient / sizeof lenient[0], lenient};
    struct sigaction action = {0};
    action.sa_sigaction = refuse_call;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGSYS, &action, NULL) != 0) return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0) return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? 0 : -1;
}
