#define _GNU_SOURCE
#include "tabard_crash.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

static const char *installed_program;
static _Thread_local const char *running;

static const struct {
    int number;
    const char *name;
} crashes[] = {
    {SIGSEGV, "SIGSEGV (bad memory access)"},   {SIGBUS, "SIGBUS (bad memory access)"},    {SIGILL, "SIGILL (trap or bad instruction)"},
    {SIGFPE, "SIGFPE (bad arithmetic)"},        {SIGTRAP, "SIGTRAP (trap)"},               {SIGABRT, "SIGABRT (it gave up by itself)"},
};
#define CRASHES (sizeof crashes / sizeof crashes[0])

static struct iovec part(const char *text)
{
    /* writev does not write through the pointer. */
    union { const char *read; void *given; } pointer = {text};
    return (struct iovec){pointer.given, strlen(text)};
}

static uintptr_t place_of(const ucontext_t *thread)
{
#if defined(__x86_64__)
    return (uintptr_t)thread->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)thread->uc_mcontext.pc;
#else
#error "add the register of this machine that says where it is"
#endif
}

static unsigned digit(char hex)
{
    return (unsigned)(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

/* The file that the code at `place` came from, out of /proc/self/maps: dladdr(3) takes locks that the crash may hold. "" when it is none. */
static void find_file(uintptr_t place, char *path, size_t room)
{
    char chunk[1024];
    uintptr_t bounds[2] = {0, 0};
    size_t field = 0, length = 0;
    ssize_t count = 0;
    const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    path[0] = 0;
    if (maps < 0) return;
    /* A line is `start-end rights offset device inode   /path`; no other field has a slash. */
    while ((count = read(maps, chunk, sizeof chunk)) > 0) {
        for (ssize_t index = 0; index < count; index++) {
            const char next = chunk[index];
            if (next == '\n') {
                path[length] = 0;
                if (place >= bounds[0] && place < bounds[1]) goto done;
                bounds[0] = bounds[1] = field = length = 0;
            } else if (field < 2) {
                if (next == '-' || next == ' ') field++;
                else bounds[field] = bounds[field] * 16 + digit(next);
            } else if ((next == '/' || length > 0) && length + 1 < room) {
                path[length++] = next;
            }
        }
    }
    path[0] = 0;
done:
    close(maps);
}

/* Only calls that signal-safety(7) allows, and memory that was there before. */
static void report(int signal, siginfo_t *info, void *context)
{
    const char *name = "a signal";
    struct sigaction action = {0};
    for (size_t index = 0; index < CRASHES; index++)
        if (crashes[index].number == signal) name = crashes[index].name;
    /* A signal that another process sent says nothing about the code that it hit. */
    if (info->si_code > 0 || info->si_pid == getpid()) {
        char path[512];
        /* A thread of a plugin's own runs none of its functions. */
        if (running == NULL) find_file(place_of(context), path, sizeof path);
        const struct iovec line[] = {
            part(installed_program), part(": "), part(running ? running : path[0] ? "code of " : "a thread"),
            part(running ? "" : path), part(" crashed with "), part(name),
            part(running ? "; this process ends with it: report it to the plugin's maintainer\n" : "; this process ends with it\n"),
        };
        ssize_t written = writev(STDERR_FILENO, line, sizeof line / sizeof line[0]);
        (void)written;
    }
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, NULL);
    /* A fault happens again when this returns; what was sent, and a trap that has been passed, has to be sent again. */
    if (info->si_code <= 0 || signal == SIGTRAP) raise(signal);
}

void tabard_crash_install(const char *program)
{
    struct sigaction action = {0};
    action.sa_sigaction = report;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    installed_program = program;
    for (size_t index = 0; index < CRASHES; index++) {
        struct sigaction before;
        /* A sanitizer or debugger that handles it already knows more. */
        if (sigaction(crashes[index].number, &action, &before) == 0 && before.sa_handler != SIG_DFL)
            sigaction(crashes[index].number, &before, NULL);
    }
}

int tabard_crash_is_installed(void)
{
    return installed_program != NULL;
}

void tabard_crash_enter(tabard_crash_scope *scope, const char *label, void *stack, size_t size)
{
    const stack_t own = {.ss_sp = stack, .ss_size = size};
    scope->label = running;
    sigaltstack(&own, &scope->stack);
    running = label;
}

void tabard_crash_leave(const tabard_crash_scope *scope)
{
    running = scope->label;
    sigaltstack(&scope->stack, NULL);
}
