/* A guest in somebody's process: after open, resolve and close every signal is handled as before and no thread is left; a forked child is
 * refused without harm and may open its own; a hundred thousand resolves need no more memory than the first thousand. Prints the first promise that is broken and ends with 1. */
#define _GNU_SOURCE
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <tabard_host.h>

#define EXPECT(condition) \
    do { \
        if (!(condition)) return fprintf(stderr, "broken: %s\n", #condition), 1; \
    } while (0)

static void take(void *data, const tabard_entry_v1 *entry)
{
    (void)entry;
    ++*(int *)data;
}

static int thread_count(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}

static long resident_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1) break;
    if (file) fclose(file);
    return kib;
}

static tabard_status open_handle(tabard_handle **handle)
{
    tabard_open_options_v1 options = {0};
    options.struct_size = sizeof options;
    return tabard_open_v1(&options, NULL, handle);
}

static tabard_status resolve(tabard_handle *handle, int *count)
{
    tabard_sink_v1 sink = {sizeof sink, 0, count, take, NULL};
    tabard_query_v1 query = {0};
    query.struct_size = sizeof query;
    query.image = (tabard_str){"a.fixture.test/app", 18};
    return tabard_resolve_v1(handle, &query, &sink);
}

static int child(tabard_handle *inherited)
{
    int count = 0;
    tabard_handle *own = NULL;
    EXPECT(resolve(inherited, &count) == TABARD_E_UNSUPPORTED && count == 0);
    EXPECT(tabard_invalidate_v1(inherited, 1) == TABARD_E_UNSUPPORTED);
    EXPECT(tabard_reload_v1(inherited, NULL) == TABARD_E_UNSUPPORTED);
    EXPECT(tabard_close_v1(inherited) == TABARD_E_UNSUPPORTED);
    EXPECT(open_handle(&own) == TABARD_OK);
    EXPECT(resolve(own, &count) == TABARD_OK && count == 1);
    EXPECT(tabard_close_v1(own) == TABARD_OK);
    return 0;
}

int main(void)
{
    struct sigaction before[NSIG], after;
    for (int signal = 1; signal < NSIG; signal++) {
        memset(&before[signal], 0, sizeof before[signal]);
        sigaction(signal, NULL, &before[signal]);
    }
    int threads = thread_count(), count = 0, status = 0;
    tabard_handle *handle = NULL;
    EXPECT(open_handle(&handle) == TABARD_OK);
    EXPECT(resolve(handle, &count) == TABARD_OK && count == 1);
    pid_t process = fork();
    if (process == 0) _exit(child(handle));
    EXPECT(waitpid(process, &status, 0) == process && status == 0);
    EXPECT(resolve(handle, &count) == TABARD_OK && count == 2);
    for (int goal = 1000; count < goal;) EXPECT(resolve(handle, &count) == TABARD_OK);
    const long settled = resident_kib();
    for (int goal = 101000; count < goal;) EXPECT(resolve(handle, &count) == TABARD_OK);
    /* A byte each would be 100 KiB; the allocator's own moods are less than this. */
    EXPECT(settled > 0 && resident_kib() - settled < 512);
    EXPECT(tabard_close_v1(handle) == TABARD_OK);
    /* A thread that was joined stands in /proc for a moment longer. */
    for (time_t end = time(NULL) + 10; thread_count() != threads && time(NULL) < end;) sched_yield();
    EXPECT(thread_count() == threads);
    for (int signal = 1; signal < NSIG; signal++) {
        memset(&after, 0, sizeof after);
        sigaction(signal, NULL, &after);
        EXPECT(after.sa_handler == before[signal].sa_handler);
    }
    return 0;
}
