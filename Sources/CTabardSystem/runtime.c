/* What the static Swift runtime would bring along for a few symbols, in place of it: each start of a program and each loading of a plugin is
 * 20 system calls shorter, and each image 88 KB smaller (docs/decisions/0001-cold-start.md). Tests/Nodes notices when another runtime brings
 * them back. In debug builds the runtime is a shared library and has its own, which these, hidden, leave alone. */
#include <stdbool.h>
#include <stddef.h>

/* The runtime's crash reporter is linked for these two: a variable at which fatalError() looks (all zero is off), and a function that
 * swiftrt.o names and nothing calls. With it comes a constructor that looks for the program swift-backtrace in eight places, which no node has,
 * and the demangler. crash.c says what crashed. The variable is as large as in Swift 6.3; its first 8 bytes are looked at. */
struct settings {
    unsigned char bytes[88];
};

extern struct settings _swift_backtraceSettings;
extern bool _swift_backtrace_isThunkFunction(const char *name);

_Alignas(16) struct settings _swift_backtraceSettings;

bool _swift_backtrace_isThunkFunction(const char *name)
{
    (void)name;
    return false;
}

/* CommandLine. The runtime's constructor finds the arguments by reading /proc/self/maps for the stack; glibc hands them to constructors. */
extern char **_swift_stdlib_getUnsafeArgvArgc(int *count);
extern void _swift_stdlib_overrideUnsafeArgvArgc(char **texts, int count);

static char *nothing[] = {NULL};
static char **arguments = nothing;
static int argument_count;

__attribute__((constructor)) static void take_arguments(int count, char **texts)
{
    _swift_stdlib_overrideUnsafeArgvArgc(texts, count);
}

char **_swift_stdlib_getUnsafeArgvArgc(int *count)
{
    *count = argument_count;
    return arguments;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **texts, int count)
{
    arguments = texts;
    argument_count = count;
}
