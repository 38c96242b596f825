#define _GNU_SOURCE
#include "tabard_crash.h"

#include <string.h>
#include <sys/uio.h>
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

/* Only calls that signal-safety(7) allows, and memory that was there before. */
static void report(int signal, siginfo_t *info, void *context)
{
    const char *name = "a signal";
    struct sigaction action = {0};
    (void)context;
    for (size_t index = 0; index < CRASHES; index++)
        if (crashes[index].number == signal) name = crashes[index].name;
    /* A signal that another process sent says nothing about the code that it hit. */
    if (running != NULL && (info->si_code > 0 || info->si_pid == getpid())) {
        const struct iovec line[] = {
            part(installed_program), part(": "), part(running), part(" crashed with "), part(name),
            part("; this process ends with it: report it to the plugin's maintainer\n"),
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
        if (sigaction(crashes[index].number, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(crashes[index].number, &action, NULL);
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
